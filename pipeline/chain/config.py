"""The settings of a chain, from a YAML file, from options, or from both. Importing this module needs no torch.

A YAML file is data and executes nothing; a preset or a segmentation network that it names by a ``.py`` file does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.names import absolute, one_line
from pipeline.options import DEFAULT_MAX_PIXELS, AugmentOptions, Detail, Gate, Precision, Resources
from pipeline.segmentation.options import SegmentOptions
from tpsence.errors import ConfigError, first_line

_PATHS = ("clear", "rainy", "labels", "images", "out")
_HINT = "See tpsence run --help, and examples/chain.yaml in the repository."


class _Section(BaseModel):
    """What all sections share: no key is ignored, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SegmentSection(_Section):
    """Label maps."""

    model: str | None = None
    """As ``tpsence segment --model`` has it."""
    weights: Path | None = None
    """Its weights, or None for the model's own."""
    scheme: str | None = None
    whole: bool = False


class AugmentSection(_Section):
    """Translation: the options of ``tpsence augment``."""

    width: int | None = None
    detail: Detail = Detail.RESIDUAL
    strength: float = 1.0
    fraction: float = 1.0
    keep_originals: bool = False
    suffix: str = ""
    quality: int = 95
    gate: Gate = Gate.OFF
    pairs: bool = False


class ChainConfig(_Section):
    """A chain: what it reads, what it is to do, and where it writes."""

    clear: Path
    """Folder of clear pictures, to train on."""
    rainy: Path
    """Folder of rainy pictures, to train on."""
    out: Path
    """Where everything goes."""
    labels: Path | None = None
    """The data set to translate; as ``tpsence augment --labels`` has it. None for the pictures of ``images`` alone."""
    images: Path | None = None
    """Folder that the names in the labels are relative to."""
    format: str = "auto"
    """Of the labels."""
    preset: str = "small_rain"
    """Of the training."""
    train: Mapping[str, Any] = {}
    """Single settings of the training: ``section.name`` and its value."""
    segment: SegmentSection = SegmentSection()
    augment: AugmentSection = AugmentSection()
    seed: int = 0
    """Of the training, and of the share that is translated."""
    max_pixels: int = DEFAULT_MAX_PIXELS
    precision: Precision = Precision.AUTO
    device: str = "auto"
    workers: int | None = None
    batch_size: int | None = None
    """Of label maps and translation; None chooses."""

    def augment_options(self) -> AugmentOptions:
        """Return the options of the translation.

        Raises:
            InputError: A value is out of range.
        """
        own = dict(self.augment)
        return AugmentOptions(**own, seed=self.seed, max_pixels=self.max_pixels, precision=self.precision)

    def segment_options(self) -> SegmentOptions:
        """Return the options of the label maps.

        Raises:
            InputError: A value is out of range.
        """
        return SegmentOptions(
            scheme=self.segment.scheme,
            whole=self.segment.whole,
            max_pixels=self.max_pixels,
            precision=self.precision,
        )

    def resources(self) -> Resources:
        """Return how the work is done.

        Raises:
            InputError: A value is out of range.
        """
        return Resources(device=self.device, batch_size=self.batch_size, workers=self.workers)

    def training_settings(self) -> list[str]:
        """Return the settings of the training as ``section.name=value``; the user's come last, and count."""
        own: dict[str, Any] = {
            "run.seed": self.seed,
            "data.max_pixels": self.max_pixels,
            # Not what the preset was made for: the pictures are the user's.
            "domains.training_data": f"{self.clear.name} and {self.rainy.name}",
            "domains.licence": None,
        }
        if self.precision is not Precision.AUTO:
            own["run.precision"] = self.precision.value
        return [f"{key}={value!r}" for key, value in {**own, **self.train}.items()]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``run.json`` records."""
        return self.model_dump(mode="json")


def load_chain(file: Path | None, given: Mapping[str, Any]) -> ChainConfig:
    """Read a chain's settings.

    Args:
        file: A YAML file, or None. Paths in it are relative to its folder.
        given: What the command line says, by key; a key of a section is ``section.name``. It counts before the file.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, missing or has no good value.
    """
    values = _read(file) if file is not None else {}
    for key, value in given.items():
        section, _, name = key.rpartition(".")
        if key == "train" and isinstance(values.get(key), dict):
            values[key] = {**values[key], **value}
        elif not section:
            values[key] = absolute(value) if isinstance(value, Path) else value
        elif isinstance(values.setdefault(section, {}), dict):
            values[section][name] = value
    try:
        return ChainConfig.model_validate(values)
    except ValidationError as error:
        raise _explained(error, file, given) from error


def _read(file: Path) -> dict[str, Any]:
    """Read a YAML file and make its paths absolute.

    Raises:
        ConfigError: It cannot be read, or is no mapping.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{file}: {first_line(error)}", "Give a YAML file, or --clear, --rainy, --labels, --out."
        ) from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{file}: no YAML ({one_line(first_line(error))})", _HINT) from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{file}: no mapping of names to values", _HINT)
    values = dict(content)
    for key in _PATHS:
        if isinstance(values.get(key), str):
            values[key] = absolute(file.parent / values[key])
    section = values.get("segment")
    if isinstance(section, dict) and isinstance(section.get("weights"), str):
        values["segment"] = {**section, "weights": absolute(file.parent / section["weights"])}
    return values


def _explained(error: ValidationError, file: Path | None, given: Mapping[str, Any]) -> ConfigError:
    """Put what is wrong into one line."""
    mistakes = error.errors(include_url=False)
    missing = [str(one["loc"][0]) for one in mistakes if one["type"] == "missing"]
    if missing:
        options = ", ".join(f"--{name}" for name in missing)
        return ConfigError(f"not given: {options}", f"Give them, or a YAML file with {', '.join(missing)}. {_HINT}")
    first = mistakes[0]
    key = ".".join(map(str, first["loc"]))
    where = f"{file}: " if file is not None and key not in given else ""
    reason = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
    return ConfigError(one_line(f"{where}{key}: {reason}"), _HINT)
