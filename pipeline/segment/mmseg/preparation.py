"""What a configuration wants done to a picture before the network's own normalisation."""

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipeline.segment.mmseg.quiet import quiet_openmmlab


class Preparation:
    """The test pipeline of a configuration, as ``mmseg.apis.inference_model`` runs it for a picture in memory.

    It goes to other processes as plain settings, and is built there, once for all threads.

    Args:
        steps: The pipeline: loader, what changes the picture, packing.
        modules: What has to be imported first.
        scope: Where mmengine looks for names.
    """

    def __init__(self, steps: Sequence[dict[str, Any]], modules: Sequence[str], scope: str) -> None:
        self._steps = steps
        self._modules = modules
        self._scope = scope
        self._pipeline: Any = None
        self._building = threading.Lock()

    def __call__(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Prepare a picture.

        Args:
            pixels: (H, W, 3) uint8 RGB.

        Returns:
            (3, h, w) BGR, as the network's ``data_preprocessor`` takes it.
        """
        with self._building:
            if self._pipeline is None:
                self._pipeline = self._built()
        packed: Tensor = self._pipeline({"img": np.ascontiguousarray(pixels[:, :, ::-1])})["inputs"]
        return packed

    def _built(self) -> Any:  # noqa: ANN401 (mmengine has no types)
        """Return an ``mmengine.dataset.Compose``."""
        with quiet_openmmlab():
            from mmengine.dataset import Compose
            from mmengine.registry import DefaultScope

            for module in self._modules:
                import_module(module)
            with DefaultScope.overwrite_default_scope(self._scope):
                return Compose(self._steps)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is built: to load it would import mmsegmentation, with all that it prints."""
        return {**self.__dict__, "_pipeline": None, "_building": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive unbuilt."""
        self.__dict__.update(state)
        self._building = threading.Lock()
