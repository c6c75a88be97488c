"""A segmentation network as bytes, for machines that do not see its files."""

import io
import pickle

import numpy as np
import torch
from torch import nn

from pipeline.errors import RunError
from pipeline.files.python_config import said
from pipeline.segment.mmseg.model_config import needs
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from tpsence.errors import InputError


class PackedNetwork:
    """A network as it was built, on its way to another process.

    Its configuration is a program, and may not be seen elsewhere: so the network itself is sent, and not what it was
    built from. The modules that its classes are of are imported where it is unpacked, and not before.

    Args:
        network: On the CPU.
        name: What messages call it.

    Raises:
        InputError: It has something that cannot be sent.
    """

    def __init__(self, network: nn.Module, name: str) -> None:
        self._name = name
        packed = io.BytesIO()
        try:
            torch.save(network, packed, pickle_protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # a part of a network may refuse in any way
            message = f"{name}: the network cannot be sent to other machines: {said(error)}"
            raise InputError(message, "Leave `engine` out: on one machine nothing has to be sent.") from error
        self._content = np.frombuffer(packed.getbuffer(), dtype=np.uint8)  # sent without a copy

    def unpacked(self) -> nn.Module:
        """Return the network, on the CPU.

        Raises:
            ConfigError: A module is not installed on this machine.
            RunError: It cannot be built of the bytes, as with other versions of its packages.
        """
        with quiet_openmmlab():
            try:
                content = io.BytesIO(self._content.data)
                network: nn.Module = torch.load(content, map_location="cpu", weights_only=False)  # packed by ourselves
            except Exception as error:  # whatever its modules do when they are imported
                message = f"{self._name}: the network cannot be built where it was sent: {said(error)}"
                hint = "Install the same versions of tpsence and of what the network needs on all machines."
                raise needs(self._name, error) or RunError(message, hint) from error
        return network
