"""Presets: finding them, reading them through mmengine, and changing single settings.

A preset is a Python file with one dictionary for each section of ``TrainConfig``; ``_base_`` names a file that it
builds upon, relative to its own folder. What neither says has the published value.
"""

import ast
import contextlib
import traceback
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.training.config import SETTINGS, TrainConfig, and_more, meaning, shown, unknown_key
from tpsence.errors import ConfigError, first_line

_AS_WRITTEN = {
    "use_predefined_variables": False,
    "use_environment_variables": False,
    "import_custom_modules": False,
    "format_python_code": False,
}
"""For mmengine: a preset says the same everywhere, whatever the environment."""
_CORRECT = "Correct the Python there."
_WORDS = {"true": True, "false": False, "none": None}


class Setting(NamedTuple):
    """One line of the list of settings."""

    key: str
    """``section.name``."""
    default: Any
    """The published value, as JSON takes it."""
    meaning: str
    """One line."""


def explain() -> list[Setting]:
    """Return all settings, in order."""
    defaults = TrainConfig().as_dict()
    return [Setting(key, _at(defaults, key), meaning(key)) for key in SETTINGS]


def preset_folder() -> Path:
    """Return the folder of the presets that are installed with this package."""
    return Path(str(files("configs")))


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
    chosen = _parse_settings(settings)
    place = _printable(preset)
    config = _run_preset(Path(preset) if preset.endswith(".py") else _installed(preset), place)
    # It fails where the preset has a plain value for a whole section, which is what from_dict then reports.
    with contextlib.suppress(TypeError):
        config.merge_from_dict(chosen, allow_list_keys=False)
    return TrainConfig.from_dict(config.to_dict(), where=place, elsewhere=chosen)


def _at(values: dict[str, Any], key: str) -> object:
    """Return the value of a known key."""
    section, _, name = key.partition(".")
    return values[section][name]


def _parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Read all settings, or report the first that cannot be read."""
    chosen: dict[str, Any] = {}
    mistakes = []
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        value = _parse_value(text)
        mistake = _setting_mistake(key, equals, value)
        if mistake:
            mistakes.append((f"--set {shown(setting)}: {mistake[0]}", mistake[1]))
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmengine.config import Config  # type: ignore[import-untyped]

        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            hint = f"The installed presets are {', '.join(preset_names())}; they are named without .py."
            raise ConfigError(f"{place}: {_unreadable(error)}", hint) from error
        try:
            compile(source, str(path.absolute()), "exec")  # mmengine forgets the line of a syntax error
            return Config.fromfile(path.absolute(), lazy_import=False, **_AS_WRITTEN)
        except (Exception, SystemExit) as error:
            failure = _failure(place, path, error)
            # mmengine leaves a file open; cleared now, its warning falls under the filter.
            traceback.clear_frames(error.__traceback__)
            raise failure from error


def _unreadable(error: OSError | ValueError) -> str:
    """Return why a preset cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else first_line(error)


def _failure(place: str, path: Path, error: Exception | SystemExit) -> ConfigError:
    """Return the error for a preset that does not run; names the file and the line where they are known."""
    # The first code of a module below mmengine is the preset or its base; the word _base_ itself has no file.
    modules = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == "<module>"]
    if modules and modules[0].filename:
        own = modules[0].filename == str(path.absolute())
        file = place if own else f"{place}: in its _base_ {modules[0].filename}"
        return ConfigError(f"{file}, line {modules[0].lineno}: {_said(error)}", _CORRECT)
    if isinstance(error, SyntaxError):
        file = place if error.filename == str(path.absolute()) else f"{place}: in its _base_"
        inner = error if error.lineno else error.__context__  # mmengine wraps it, and loses the name of the file
        reason = f"line {inner.lineno}: {inner.msg}" if isinstance(inner, SyntaxError) else _said(error)
        return ConfigError(f"{file}, {reason}", _CORRECT)
    if isinstance(error, FileNotFoundError):
        hint = f"Its _base_ is relative to its own folder; the installed presets are in {preset_folder()}."
        return ConfigError(f"{place}: {_said(error)}", hint)
    return ConfigError(f"{place}: {_said(error)}", 'A preset has plain values by section: optim = {"lr": 1e-4}.')


def _said(error: Exception | SystemExit) -> str:
    """Return the kind of an exception and what it says, one line."""
    kind = type(error).__name__
    said = first_line(error) if isinstance(error, Exception) else str(error.code)
    return kind if said == kind else _printable(f"{kind}: {said}")


def _printable(text: str) -> str:
    """Return text as it is, or quoted where it holds control characters."""
    return text if text.isprintable() else repr(text)
