"""The command line that says what some options say, to be typed again."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.engine.schema import setting_of
from pipeline.files.text import comma_separated

_DASHES = "--"


@dataclass(slots=True)
class CommandLine:
    """A command with what differs from its defaults."""

    words: list[str]
    """The command and its arguments, not quoted."""
    elsewhere: list[str] = field(default_factory=list)
    """What the command line has no place for, ``key: value`` each; it stands in a file."""


def command_line(command: str, options: BaseModel) -> CommandLine:
    """Write options as they would be given on the command line.

    Args:
        command: What comes before them: ``tpsence augment``.
        options: Those of the command; sections in them have their own defaults. What is not recorded (``exclude``) is
            left out.
    """
    line = CommandLine(command.split())
    for key, one, value in _changed(options, ""):
        if setting_of(one).on_line:
            line.words += _arguments(key.rpartition(".")[2], one, value)
        else:
            line.elsewhere.append(f"{key}: {_text(value)}")
    return line


def lines_of(words: Sequence[str], width: int = 100) -> list[str]:
    """Write a command for a shell, one option a line where one line would be too long.

    Args:
        words: The command and its arguments.
        width: Longest single line, in characters.

    Returns:
        Lines of printable characters, to be joined by ends of lines; all but the last end in a backslash.
    """
    line = quoted(words)
    if len(line) <= width:
        return [line]
    parts: list[list[str]] = [[]]
    for word in words:
        if word.startswith(_DASHES):
            parts.append([])
        parts[-1].append(word)
    first, *others = map(quoted, parts)
    *begun, last = [first, *(f"    {one}" for one in others)]
    return [*(f"{one} \\" for one in begun), last]


def quoted(words: Sequence[str]) -> str:
    """Join words to a line for a shell (bash, zsh): each is one argument and nothing of it is carried out.

    Returns:
        One line of printable characters, whatever is in the words.
    """
    return " ".join(map(_quoted, words))


def _changed(options: BaseModel, section: str) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yield the settings that differ from their defaults, those of sections by ``section.name``."""
    for name, one in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, BaseModel):
            yield from _changed(value, f"{section}{name}.")
        elif not one.exclude and value != one.get_default(call_default_factory=True):
            yield section + name, one, value


def _arguments(name: str, one: FieldInfo, value: object) -> list[str]:
    """Write one setting."""
    setting = setting_of(one)
    if setting.positional:
        return [_text(value)]
    flag = setting.flag or name.replace("_", "-")
    if isinstance(value, bool):
        return [_DASHES + (flag if value else f"no-{flag}")]
    if isinstance(value, Mapping):
        values = [f"{setting.prefix}{key}={_literal(part)}" for key, part in value.items()]
    else:
        values = [_text(part) for part in value] if setting.many and isinstance(value, list | tuple) else [_text(value)]
    # What begins with a dash would be an option of its own.
    pairs = [[f"{_DASHES}{flag}={text}"] if text.startswith("-") else [_DASHES + flag, text] for text in values]
    return [word for pair in pairs for word in pair]


def _text(value: object) -> str:
    """Write a value; several stand with commas between them, one that has a comma itself in quotation marks."""
    if isinstance(value, tuple):
        return comma_separated(map(_text, value))
    return str(value.value if isinstance(value, Enum) else value)


def _literal(value: object) -> str:
    """Write the value of a setting that is given by its key: a plain word needs no quotes of Python's."""
    is_word = isinstance(value, str) and re.fullmatch(r"(?!(true|false|none|null)$)[a-z]\w*", value, re.IGNORECASE)
    return value if isinstance(value, str) and is_word else repr(value)


def _quoted(word: str) -> str:
    """Write a word for a shell; what cannot be printed is written as bytes in its ANSI-C quotes."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    """Write a character within ANSI-C quotes."""
    if re.fullmatch(r"[\\']", char):
        return f"\\{char}"
    if char.isprintable():
        return char
    try:
        data = os.fsencode(char)
    except UnicodeEncodeError:  # half of a pair, which is no file name either
        data = char.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)
