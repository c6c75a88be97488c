"""A chain's settings from a YAML file and the command line: plain data, and paths relative to the file's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pipeline.errors import ConfigError
from pipeline.files.jail import absolute
from pipeline.files.text import one_line
from pipeline.files.yaml_text import YamlError, parse
from pipeline.run.config import HINT, ChainConfig, Origin
from tpsence.errors import first_line
from tpsence.regular import read_regular

PATHS = tuple(
    name for name, field in ChainConfig.model_fields.items() if Path in (field.annotation, *get_args(field.annotation))
)
"""Keys whose values are paths."""
_OF_ONE_RUN = frozenset(name for name, field in ChainConfig.model_fields.items() if field.exclude)
"""Settings that are no keys of a file: they say how a chain is run this time."""


def load_chain(file: Path | None, given: Mapping[str, Any]) -> ChainConfig:
    """Read a chain's settings.

    Args:
        file: A YAML file, or None. Paths in it are relative to its folder.
        given: What the command line says, by key; a key of a section is ``section.name``. It counts before the file.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, missing or has no good value.
    """
    origin = Origin(file, given)
    values = read_settings(file) if file is not None else {}
    for key in values.keys() & _OF_ONE_RUN:
        raise ConfigError(f"{file}: {key}: no such key", HINT)
    for key, value in given.items():
        section, _, name = key.rpartition(".")
        if key == "train" and isinstance(values.get(key), dict):
            values[key] = {**values[key], **value}
        elif not section:
            values[key] = absolute(value) if isinstance(value, Path) else value
        elif isinstance(values.setdefault(section, {}), dict):
            values[section][name] = value
    config = ChainConfig.model_validate(values, context=origin)
    for key in PATHS:
        _refuse_odd_path(getattr(config, key), f"{origin('')}{key}")
    return config


def _refuse_odd_path(path: Path | None, where: str) -> None:
    """Refuse a path that no file system takes.

    Raises:
        ConfigError: It is one.
    """
    try:
        if path is not None:
            path.exists()
            str(path).encode()
    except (OSError, ValueError) as error:
        reason = first_line(error) if isinstance(error, OSError) else "holds what no name can hold"
        raise ConfigError(one_line(f"{where}: {str(path)[:100]}: {reason}"), "Give another path.") from error


def read_settings(file: Path) -> dict[str, Any]:
    """Read a YAML file and make its paths absolute.

    Raises:
        ConfigError: It cannot be read, or is no mapping.
    """
    try:
        content = parse(read_regular(file)).content
    except OSError as error:
        hint = "Give a YAML file, or `clear`, `rainy`, `labels` and `out`."
        raise ConfigError(one_line(f"{file}: {first_line(error)}"), hint) from error
    except YamlError as error:
        raise ConfigError(one_line(f"{file}: not valid YAML ({error.reason})"), error.hint) from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{file}: no mapping of names to values", HINT)
    return _with_places(content, file.parent)


def _with_places(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make the paths in a file's content absolute; what may be a path or a name is one where there is such a file."""
    values = dict(content)
    for key in PATHS:
        if isinstance(values.get(key), str):
            values[key] = _place(values[key], folder)
    for section, key in (("segment", "weights"), ("segment", "model"), ("train", "model.init"), ("augment", "maps")):
        if isinstance(values.get(section), dict) and isinstance(values[section].get(key), str):
            place = _place_or_name(values[section][key], folder, key in {"weights", "maps"})
            values[section] = {**values[section], key: place}
    if isinstance(values.get("preset"), str):
        values["preset"] = _place_or_name(values["preset"], folder, is_place=False)
    return values


def _place(text: str, folder: Path) -> Path:
    """Return the path that a text in a file means."""
    return absolute(folder / Path(text).expanduser())


def _place_or_name(text: str, folder: Path, is_place: bool) -> str:
    """Return a path where a text is known to be one, ends in ``.py``, or names what is there; else the text."""
    if "\0" in text:
        return text
    place = _place(text, folder)
    try:
        return str(place) if is_place or text.endswith(".py") or place.exists() else text
    except OSError:  # too long for a name
        return text
