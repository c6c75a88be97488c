"""The settings of a chain, from a YAML file, from options, or from both. Importing this module needs no torch.

A YAML file is data and executes nothing; a preset or a segmentation network that it names by a ``.py`` file does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from pipeline.augment.options import AugmentOptions
from pipeline.effects.detail import Detail
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, Resources
from pipeline.errors import ConfigError
from pipeline.files.jail import absolute
from pipeline.files.text import one_line
from pipeline.gate.options import Gate
from pipeline.run.settings_file import HINT, PATHS, read_settings
from pipeline.segment.options import SegmentOptions
from tpsence.errors import first_line


def _word_off(value: object) -> object:
    """Take False for ``off``: in YAML they are the same word."""
    return Gate.OFF if value is False else value


def _auto(value: object) -> object:
    """Take ``auto`` for None, as the options have it."""
    return None if value == "auto" else value


Chosen = Annotated[int | None, BeforeValidator(_auto)]
Plain = bool | int | float | str | None
"""What a setting of the training can be, and what stands in a list of one."""


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
    gate: Annotated[Gate, BeforeValidator(_word_off)] = Gate.OFF
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
    train: Mapping[str, Plain | Sequence[Plain]] = {}
    """Single settings of the training: ``section.name`` and its value."""
    segment: SegmentSection = SegmentSection()
    augment: AugmentSection = AugmentSection()
    seed: int = 0
    """Of the training, and of the share that is translated."""
    max_pixels: int = DEFAULT_MAX_PIXELS
    precision: Precision = Precision.AUTO
    device: str = "auto"
    workers: Chosen = None
    batch_size: Chosen = None
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
            "domains.training_data": one_line(f"{self.clear.name} and {self.rainy.name}"),
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
    values = read_settings(file) if file is not None else {}
    for key, value in given.items():
        section, _, name = key.rpartition(".")
        if key == "train" and isinstance(values.get(key), dict):
            values[key] = {**values[key], **value}
        elif not section:
            values[key] = absolute(value) if isinstance(value, Path) else value
        elif isinstance(values.setdefault(section, {}), dict):
            values[section][name] = value
    try:
        config = ChainConfig.model_validate(values)
    except ValidationError as error:
        raise _explained(error, file, given) from error
    _refuse_odd_paths(config, file)
    return config


def _refuse_odd_paths(config: "ChainConfig", file: Path | None) -> None:
    """Refuse paths that no file system takes.

    Raises:
        ConfigError: There is one.
    """
    for key in PATHS:
        path = getattr(config, key)
        try:
            if path is not None:
                path.exists()
                str(path).encode()
        except (OSError, ValueError) as error:
            where = f"{file}: " if file is not None else ""
            reason = first_line(error) if isinstance(error, OSError) else "holds what no name can hold"
            raise ConfigError(one_line(f"{where}{key}: {str(path)[:100]}: {reason}"), "Give another path.") from error


def _explained(error: ValidationError, file: Path | None, given: Mapping[str, Any]) -> ConfigError:
    """Put what is wrong into one line."""
    mistakes = error.errors(include_url=False)
    missing = [str(one["loc"][0]) for one in mistakes if one["type"] == "missing"]
    if missing:
        options = ", ".join(f"`{name}`" for name in missing)
        return ConfigError(f"not given: {options}", f"Give them, or a YAML file with {', '.join(missing)}. {HINT}")
    first = mistakes[0]
    key = ".".join(map(str, first["loc"]))
    where = f"{file}: " if file is not None and key not in given else ""
    reason = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
    return ConfigError(one_line(f"{where}{key}: {reason}"), HINT)
