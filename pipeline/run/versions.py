"""What does the work, and in which version."""

import platform
from importlib.metadata import PackageNotFoundError, version

from tpsence import __version__

_PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "opencv-python",
    "onedl-mmengine",
    "onedl-mmcv",
    "onedl-mmsegmentation",
    "onedl-mmpretrain",
)


def versions() -> dict[str, str]:
    """Return the versions of what does the work."""
    found = {"tpsence": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
