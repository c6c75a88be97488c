"""Presets: finding them, reading them through mmengine, and changing single settings.

A preset is a Python file with one dictionary for each section of ``TrainConfig``; ``_base_`` names a file that it
builds upon, relative to its own folder. What neither says has the published value.
"""

import ast
import contextlib
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import ConfigError
from pipeline.files.python_config import Hints, printable, run_config
from pipeline.train.config import SETTINGS, TrainConfig, and_more, meaning, shown, unknown_key
from tpsence.own_packages import own_folder

_AS_WRITTEN = {
    "use_predefined_variables": False,
    "use_environment_variables": False,
    "import_custom_modules": False,
    "lazy_import": False,
}
"""For mmengine: a preset says the same everywhere, whatever the environment."""
_WORDS = {"true": True, "false": False, "none": None}


class Setting(NamedTuple):
    """One line of the list of settings."""

    key: str
    """Name of the setting: ``section.name``."""
    default: Any
    """The published value, as JSON takes it."""
    meaning: str
    """What it means, one line."""


def explain() -> list[Setting]:
    """Return all settings, in order."""
    defaults = TrainConfig().as_dict()
    return [Setting(key, _at(defaults, key), meaning(key)) for key in SETTINGS]


def preset_folder() -> Path:
    """Return the folder of the presets that are installed with this package."""
    return own_folder("configs")


def preset_names() -> list[str]:
    """Return the names of the installed presets, sorted."""
    return sorted(path.stem for path in preset_folder().glob("*.py") if not path.name.startswith("_"))


def load_config(preset: str, settings: Sequence[str] = ()) -> TrainConfig:
    """Read a preset and change single settings of it.

    Args:
        preset: The name of an installed preset, or a path ending in ``.py``. Such a file is a program, and reading
            it runs it: it can do whatever its owner can.
        settings: Texts ``section.name=value``. Values are Python literals, true, false, none, or else plain text.
            Of two for one key the last counts.

    Raises:
        ConfigError: No such preset, a preset that cannot be run, an unknown key, a wrong type, out of range, or
            settings that contradict each other. Names the first mistake and counts the others.
    """
    chosen = parse_settings(settings)
    place = printable(preset)
    config = _run_preset(Path(preset) if preset.endswith(".py") else _installed(preset), place)
    # It fails where the preset has a plain value for a whole section, which is what from_dict then reports.
    with contextlib.suppress(TypeError):
        config.merge_from_dict(chosen, allow_list_keys=False)
    return TrainConfig.from_dict(config.to_dict(), where=place, elsewhere=chosen)


def _at(values: dict[str, Any], key: str) -> object:
    """Return the value of a known key."""
    section, _, name = key.partition(".")
    return values[section][name]


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Read settings.

    Args:
        settings: Texts ``section.name=value``.

    Returns:
        The values by key.

    Raises:
        ConfigError: One cannot be read, or its key is not known.
    """
    chosen: dict[str, Any] = {}
    mistakes = []
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        value = _parse_value(text)
        mistake = _setting_mistake(key, equals, value)
        if mistake:
            mistakes.append((f"`set` {shown(setting)}: {mistake[0]}", mistake[1]))
        else:
            chosen[key] = value
    if mistakes:
        message, hint = mistakes[0]
        raise ConfigError(message + and_more(len(mistakes)), hint)
    return chosen


def _setting_mistake(key: str, equals: str, value: object) -> tuple[str, str] | None:
    """Return a message and a hint where a setting must not reach mmengine.

    It would take a new key, merge a dictionary into what is there, and obey commands in it (``_delete_``).
    """
    if not equals:
        return "no = in it", "Write section.name=value, for example optim.lr=1e-4."
    if not key:
        return "no key before the =", "Write section.name=value, for example optim.lr=1e-4."
    if key not in SETTINGS:
        return unknown_key(key)
    if isinstance(value, dict):
        return f"{key} takes no dictionary", meaning(key)
    return None


def _parse_value(text: str) -> object:
    """Read a literal, one of the words for True, False and None, or else plain text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an odd backslash in quoted text
        try:
            return ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return _WORDS.get(text.lower(), text)


def _installed(name: str) -> Path:
    """Return the file of an installed preset."""
    names = preset_names()
    if name in names:
        return preset_folder() / f"{name}.py"
    near = get_close_matches(name, names)
    hint = f"The presets are {', '.join(names)}; a file of your own ends in .py."
    raise ConfigError(f"unknown preset {shown(name)}", f"Nearest: {', '.join(near)}. {hint}" if near else hint)


def _run_preset(path: Path, place: str) -> Any:  # noqa: ANN401 (mmengine has no types)
    """Run a preset and what it builds upon.

    Args:
        path: The file.
        place: Its name in messages.

    Returns:
        An ``mmengine.config.Config``.

    Raises:
        ConfigError: The file cannot be read or run.
    """
    names, folder = ", ".join(preset_names()), preset_folder()
    hints = Hints(
        unreadable=f"The installed presets are {names}; they are named without .py.",
        base=f"Its _base_ is relative to its own folder; the installed presets are in {folder}.",
        other='A preset has plain values by section: optim = {"lr": 1e-4}.',
    )
    return run_config(path, place, hints, **_AS_WRITTEN)
