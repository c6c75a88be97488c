"""A chain's settings from a YAML file and the command line: plain data, and paths relative to the file's folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from pipeline.errors import ConfigError
from pipeline.files.jail import absolute
from pipeline.files.programs import is_program
from pipeline.files.text import one_line
from pipeline.files.yaml_text import YamlError, parse
from pipeline.run.config import HINT, ChainConfig, Origin
from pipeline.weights.packaged import RAIN
from tpsence.errors import first_line
from tpsence.regular import read_regular

PATHS = tuple(
    name for name, field in ChainConfig.model_fields.items() if Path in (field.annotation, *get_args(field.annotation))
)
"""Keys whose values are paths."""
_OF_ONE_RUN = frozenset(name for name, field in ChainConfig.model_fields.items() if field.exclude)
"""Settings that are no keys of a file: they say how a chain is run this time."""
_PLACES_IN_SECTIONS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("segment", "weights", lambda text: True),
    ("segment", "model", is_program),
    ("train", "model.init", lambda text: text != RAIN.name),
    ("augment", "maps", lambda text: True),
)
"""Settings in sections that are paths, or are where a text tells."""


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
        raise ConfigError(f"{file}: {key}: no such key", "It goes on the command line: see tpsence run --help.")
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
    """Make the paths in a file's content absolute; a name stays one, whatever lies beside the file."""
    values = dict(content)
    for key in PATHS:
        if isinstance(values.get(key), str):
            values[key] = _place(values[key], folder)
    for section, key, is_place in _PLACES_IN_SECTIONS:
        text = values[section].get(key) if isinstance(values.get(section), dict) else None
        if isinstance(text, str) and is_place(text) and "\0" not in text:
            values[section] = {**values[section], key: str(_place(text, folder))}
    preset = values.get("preset")
    if isinstance(preset, str) and is_program(preset) and "\0" not in preset:
        values["preset"] = str(_place(preset, folder))
    return values


def _place(text: str, folder: Path) -> Path:
    """Return the path that a text in a file means."""
    return absolute(folder / Path(text).expanduser())
