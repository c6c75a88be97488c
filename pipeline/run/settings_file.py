"""The YAML file of a chain's settings: plain data, and paths relative to its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ConfigError
from pipeline.files.jail import absolute
from pipeline.files.text import one_line
from tpsence.errors import first_line

HINT = "See tpsence run --help, and examples/chain.yaml in the repository."
PATHS = ("clear", "rainy", "labels", "images", "out")
"""Keys whose values are paths."""
_ODD_VALUES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What yaml raises on tagged values that are none of their kind."""


def read_settings(file: Path) -> dict[str, Any]:
    """Read a YAML file and make its paths absolute.

    Raises:
        ConfigError: It cannot be read, or is no mapping.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (derived from the safe one)
    except OSError as error:
        hint = "Give a YAML file, or `clear`, `rainy`, `labels` and `out`."
        raise ConfigError(one_line(f"{file}: {first_line(error)}"), hint) from error
    except (*_ODD_VALUES, yaml.YAMLError) as error:
        raise ConfigError(one_line(f"{file}: no YAML ({first_line(error)})"), HINT) from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{file}: no mapping of names to values", HINT)
    return _with_places(content, file.parent)


class _Loader(yaml.SafeLoader):
    """Reads plain data, and refuses a key that stands twice: one of its values would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice[0]!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _with_places(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make the paths in a file's content absolute; what may be a path or a name is one where there is such a file."""
    values = dict(content)
    for key in PATHS:
        if isinstance(values.get(key), str):
            values[key] = _place(values[key], folder)
    for section, key in (("segment", "weights"), ("segment", "model"), ("train", "model.init")):
        if isinstance(values.get(section), dict) and isinstance(values[section].get(key), str):
            values[section] = {**values[section], key: _place_or_name(values[section][key], folder, key == "weights")}
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
