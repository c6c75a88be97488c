"""Run a Python file of settings through mmengine, and put what is wrong with it into one line."""

import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from tpsence.errors import first_line
from tpsence.regular import read_regular

_CORRECT = "Correct the Python there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What to do about a file that cannot be used."""

    unreadable: str
    """Remedy where the file cannot be read."""
    base: str
    """Remedy where a file that it needs is not there."""
    other: str
    """Remedy for anything else."""


def run_config(path: Path, place: str, hints: Hints, **options: object) -> Any:  # noqa: ANN401 (mmengine has no types)
    """Run a file of settings and what it builds upon: it is a program, and can do whatever its owner can.

    Args:
        path: The file.
        place: Its name in messages.
        hints: What to do about mistakes.
        options: For mmengine.

    Returns:
        An ``mmengine.config.Config``.

    Raises:
        ConfigError: The file cannot be read or run.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmengine.config import Config

        try:
            source = read_regular(path).decode()
        except (OSError, ValueError) as error:
            raise ConfigError(f"{place}: {_unreadable(error)}", hints.unreadable) from error
        try:
            return Config.fromfile(path.absolute(), format_python_code=False, **options)
        except (Exception, SystemExit) as error:
            failure = _failure(place, path, _with_line(error, path, source), hints)
            # mmengine leaves a file open; cleared now, its warning falls under the filter.
            traceback.clear_frames(error.__traceback__)
            raise failure from error


def said(error: Exception | SystemExit) -> str:
    """Return the kind of an exception and what it says, one line."""
    kind = type(error).__name__
    text = first_line(error) if isinstance(error, Exception) else str(error.code)
    return kind if text == kind else printable(f"{kind}: {text}")


def printable(text: str) -> str:
    """Return text as it is, or quoted where it holds control characters."""
    return text if text.isprintable() else repr(text)


def _unreadable(error: OSError | ValueError) -> str:
    """Return why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else first_line(error)


def _with_line(error: Exception | SystemExit, path: Path, source: str) -> Exception | SystemExit:
    """Return a syntax error of the file itself with its line, which mmengine forgets; else the error as it is."""
    if isinstance(error, SyntaxError):
        try:
            compile(source, str(path.absolute()), "exec")
        except SyntaxError as own:
            return own
        except (ValueError, MemoryError, RecursionError):
            return error
    return error


def _failure(place: str, path: Path, error: Exception | SystemExit, hints: Hints) -> ConfigError:
    """Return the error for a file that does not run; names the file and the line where they are known."""
    # The first code of a module below mmengine is the file or its base; the word _base_ itself has no file.
    modules = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == "<module>"]
    if modules and modules[0].filename:
        own = modules[0].filename == str(path.absolute())
        file = place if own else f"{place}: in its _base_ {modules[0].filename}"
        return ConfigError(f"{file}, line {modules[0].lineno}: {said(error)}", _CORRECT)
    if isinstance(error, SyntaxError):
        file = place if error.filename == str(path.absolute()) else f"{place}: in its _base_"
        inner = error if error.lineno else error.__context__  # mmengine wraps it, and loses the name of the file
        reason = f"line {inner.lineno}: {inner.msg}" if isinstance(inner, SyntaxError) else said(error)
        return ConfigError(f"{file}, {reason}", _CORRECT)
    if isinstance(error, FileNotFoundError):
        return ConfigError(f"{place}: {said(error)}", hints.base)
    return ConfigError(f"{place}: {said(error)}", hints.other)
