"""Which engine runs the work. Importing this module is quick: it needs neither torch nor Ray."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine.interface import Engine
from pipeline.engine.resources import EngineName, Resources
from tpsence.errors import InputError

if TYPE_CHECKING:
    import torch

_PACKAGES_OF_RAY = "ray", "pyarrow", "pandas"
"""What Ray Data cannot be imported without."""


def chosen_engine(
    resources: Resources,
    place_device: "torch.device",
    local: Engine,
    *,
    root: Path,
    out: Path,
    beside: Sequence[Path] = (),
) -> Engine:
    """Return the engine that the user has chosen.

    Args:
        resources: How the work is done.
        place_device: Where the networks run, on this machine or on others.
        local: What runs the work on this machine.
        root: The folder that tasks' names are relative to.
        out: The folder that is written to.
        beside: Other folders that are read.
    """
    if resources.engine is EngineName.LOCAL:
        return local
    from pipeline.engine.ray.engine import RayEngine

    return RayEngine(resources=resources, device=place_device, root=root, out=out, beside=beside)


def refuse_missing_engine(resources: Resources) -> None:
    """Refuse an engine whose packages are not installed, before anything costly is done.

    Raises:
        InputError: One is not, with what to install.
    """
    if resources.engine is EngineName.LOCAL:
        return
    missing = next((name for name in _PACKAGES_OF_RAY if find_spec(name) is None), None)
    if missing is not None:
        raise InputError(f"`engine` ray: the package {missing} is not installed", "pip install 'tpsence[ray]'.")
