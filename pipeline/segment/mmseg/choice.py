"""Which network a user means, and where its weights are: a file of theirs, or one that is fetched once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.segment.mmseg.download import WeightsAddress, fetch, weights_folder
from pipeline.segment.mmseg.network import SegmentationNetwork, build_network
from pipeline.segment.mmseg.zoo import DEFAULT_MODEL, default_model, find_model
from tpsence.errors import InputError
from tpsence.regular import why_no_file


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A network before it is built."""

    name: str
    """Name in the table, or the file name of a configuration."""
    config: Path
    """An mmsegmentation configuration."""
    overrides: Mapping[str, Any]
    """What to change in it."""
    source: Path | WeightsAddress
    """The user's own weights file, or where the weights are fetched from."""
    scheme: str | None
    """Name of the scheme of its classes, where that is known beforehand."""

    @property
    def place(self) -> Path:
        """The weights file: the user's own, or its place in the cache."""
        return self.source if isinstance(self.source, Path) else weights_folder() / self.source.file_name

    @property
    def address(self) -> str | None:
        """Where the weights are fetched from, or None for the user's own."""
        return None if isinstance(self.source, Path) else self.source.url

    def fetched(self, on_progress: Callable[[int, int | None], None]) -> Path:
        """Return the weights file; fetch it if it is not there.

        Args:
            on_progress: Called with the bytes that have come and their total, if that is known.

        Raises:
            DownloadError: It cannot be fetched.
        """
        return self.source if isinstance(self.source, Path) else fetch(self.source, weights_folder(), on_progress)


@dataclass(frozen=True, kw_only=True)
class NamedNetwork:
    """A network that was built."""

    name: str
    """Name in the table, or the file name of a configuration."""
    network: SegmentationNetwork

    def origin(self) -> dict[str, str]:
        """Return what tells it from others: name, and hashes of what its configuration says and of its weights."""
        hashes = {"config_sha256": self.network.config_sha256, "weights_sha256": self.network.weights_sha256}
        return {"model": self.name, **hashes}


def build_choice(choice: Choice, weights: Path, *, whole: bool) -> NamedNetwork:
    """Build a network and load its weights.

    Args:
        choice: The network.
        weights: Its weights file.
        whole: One pass at the picture's own size.

    Raises:
        ConfigError: Its configuration cannot be used.
        WeightsError: Its weights cannot be used.
    """
    network = build_network(choice.config, weights, choice.overrides, whole=whole)
    return NamedNetwork(name=choice.name, network=network)


def choose_network(model: str | None, weights: Path | None) -> Choice:
    """Find out what a user's ``--model`` and ``--weights`` mean.

    Args:
        model: A name of the table, the path of an mmsegmentation configuration (``.py``), or None for the default.
        weights: A weights file, or None for the model's own.

    Raises:
        InputError: No such model or file, or a configuration without weights.
    """
    if weights is not None and not weights.is_file():
        raise InputError(f"{weights}: {why_no_file(weights)}", "Give a .pth of mmsegmentation with `weights`.")
    if model is not None and model.endswith(".py"):
        config = Path(model)
        if not config.is_file():
            reason = why_no_file(config)
            raise InputError(f"{model}: {reason}", "Give an mmsegmentation config, or a name from `list_models`.")
        if weights is None:
            raise InputError(f"{model}: a config alone has no weights", "Give its weights file with `weights`.")
        return Choice(name=config.name, config=config, overrides={}, source=weights, scheme=None)
    if model is None and weights is None:
        known = default_model()
    else:
        known = find_model(DEFAULT_MODEL if model is None else model)
    source = known.source() if weights is None else weights
    return Choice(name=known.name, config=known.config, overrides=known.overrides, source=source, scheme=known.scheme)
