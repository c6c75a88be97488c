"""Inception's pool3 features as FID and KID are published with, where the weights are at hand.

Source: Heusel et al., NeurIPS 2017 (arXiv 1706.08500); Binkowski et al., ICLR 2018 (arXiv 1801.01401). The network is
torch-fidelity's port of TensorFlow's graph of 2015. Nothing is downloaded: the weights are looked for where torch keeps
what it has fetched, or are a file of the user's.
"""

import tempfile
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.evaluate.features.interface import Extractor
from pipeline.evaluate.features.sizes import Fixed
from tpsence.digest import file_sha256
from tpsence.errors import InputError, WeightsError, first_line
from tpsence.untrusted import as_state_dict, read_pickle

FILE = "weights-inception-2015-12-05-6726825d.pth"
"""Name of the file as torch-fidelity publishes it."""
SIZES = Fixed((299, 299))
_POOL3 = 2048
_EXPECTED = f"Give {FILE} of torch-fidelity's release v0.2.0 with `features`."


def open_inception(given: str, device: torch.device) -> Extractor:
    """Build the network on a device.

    Args:
        given: ``inception``, or the file of weights.
        device: Where it runs.

    Raises:
        InputError: torch-fidelity is not installed, the weights are not at hand, or are others.
    """
    place = Path(torch.hub.get_dir()) / "checkpoints" / FILE if given == "inception" else Path(given)
    if not place.is_file():
        raise InputError(f"{place}: Inception's weights are not there", f"{_EXPECTED} Or leave `features` out.")
    network = _built(place).to(device)
    return Extractor(
        name="Inception v3 (2015), pool3",
        sha256=file_sha256(place),
        dimensions=_POOL3,
        means=_POOL3,
        rows=partial(_rows, network, device),
    )


def _built(place: Path) -> nn.Module:
    """Build the network and load its weights.

    torch-fidelity unpickles the file that it is given with all that is in it, so it is given one that was written here,
    of the tensors alone.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise InputError("torch-fidelity is not installed", "pip install 'tpsence[evaluate]'.") from error
    state = as_state_dict(read_pickle(place, _EXPECTED), place, _EXPECTED)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "weights.pth"
        torch.save(state, copy)
        try:
            network: nn.Module = FeatureExtractorInceptionV3("inception", [str(_POOL3)], str(copy))
        except RuntimeError as error:
            raise WeightsError(f"{place}: not Inception's weights ({first_line(error)})", _EXPECTED) from error
    return network


@torch.inference_mode()
def _rows(network: nn.Module, device: torch.device, pixels: Tensor) -> Tensor:
    """Return (N, 2048) for (N, 3, 299, 299) uint8."""
    (rows,) = network(pixels.to(device))
    kept: Tensor = rows.float().cpu()
    return kept
