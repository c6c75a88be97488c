"""Writes the tables of options into the pages: ``python docs/options.py`` (``make docs`` does it).

A page has a table between ``<!-- options of NAME -->`` and ``<!-- end of options -->``, NAME being a command, or
``training settings`` for those of a preset. The tables come from what the command line itself is made of, so that a
new command needs its marks in one page and a new option nothing.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from typer.models import ArgumentInfo, ParameterInfo

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = "training settings"
_BLOCK = re.compile(r"(<!-- options of ([a-z ]+) -->\n).*?(<!-- end of options -->)", re.DOTALL)
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_WORDS = {int: "N", float: "NUMBER", str: "TEXT", Path: "PATH"}
"""What stands for a value, by its type."""


def pages() -> list[Path]:
    """Return the pages of the documentation, sorted."""
    return sorted((ROOT / "docs").rglob("*.md"))


def names(text: str) -> list[str]:
    """Return what a page has tables of."""
    return [block[2] for block in _BLOCK.finditer(text)]


def renewed(text: str) -> str:
    """Return the text of a page with its tables as they should be.

    Raises:
        KeyError: There is no command of the name that stands between marks.
    """
    return _BLOCK.sub(lambda block: f"{block[1]}{table(block[2])}{block[3]}", text)


def table(name: str) -> str:
    """Return the table of a command's options, a part for each panel of its help, or that of the training settings."""
    from cli.main import COMMANDS

    if name == SETTINGS:
        return "\n" + "\n".join(_settings()) + "\n\n"
    if name not in COMMANDS:
        raise KeyError(f"no command {name!r}: a page has marks for its table")
    panels: dict[str | None, list[str]] = {None: []}
    for flag, info, kind, default in _parameters(name):
        panels.setdefault(info.rich_help_panel, []).append(_row(flag, info, kind, default))
    parts = [_part(panel, rows) for panel, rows in panels.items() if rows]
    return "\n" + "\n\n".join(parts) + "\n\n"


def flags(name: str) -> list[str]:
    """Return the flags of a command."""
    return [word for flag, *_ in _parameters(name) for word in flag.split("/") if word.startswith("--")]


def _part(panel: str | None, rows: list[str]) -> str:
    """Return a panel as a table."""
    return "\n".join([f"| {panel or 'Option'} | Default | |", "|---|---|---|", *rows])


def _parameters(name: str) -> Iterator[tuple[str, ParameterInfo, Any, Any]]:
    """Yield a command's parameters in order: how it is written, what Typer is told of it, its type, its default."""
    function = getattr(import_module(f"cli.{name}"), name)
    for one in inspect.signature(function, eval_str=True).parameters.values():
        if isinstance(one.default, ParameterInfo):
            info = one.default
            yield (*(info.param_decls or ()), info.metavar or "")[0], info, one.annotation, info.default
        elif get_origin(one.annotation) is not None and hasattr(one.annotation, "__metadata__"):
            kind, *about = get_args(one.annotation)
            info = next(part for part in about if isinstance(part, ParameterInfo))
            # There Typer takes the first flag for a default, since the default stands in the signature.
            flags = [flag for flag in (info.default, *(info.param_decls or ())) if isinstance(flag, str)]
            yield (*flags, info.metavar or "")[0], info, kind, one.default


def _row(flag: str, info: ParameterInfo, kind: object, default: object) -> str:
    """Return the row of an option."""
    inner = [one for one in get_args(kind) if one is not NoneType] or [kind]
    shown = " / ".join(f"`{word}`" for word in flag.split("/"))
    value = "" if isinstance(info, ArgumentInfo) else _value(info, inner[0])
    return f"| {shown}{value} | {_default(default)} | {_text(info.help or '')} |"


def _value(info: ParameterInfo, kind: object) -> str:
    """Return what stands behind a flag."""
    if kind is bool:
        return ""
    if info.metavar:
        return f" `{info.metavar}`"
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return " " + ", ".join(f"`{one.value}`" for one in kind)
    return f" `{_WORDS.get(kind, 'TEXT')}`" if inspect.isclass(kind) else " `TEXT`"


def _default(value: object) -> str:
    """Return a default as it would be written, nothing where there is none."""
    if value is ...:
        return "required"
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return "on"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _settings() -> list[str]:
    """Return the table of the settings of a training, with the published values."""
    import json

    from pipeline.train.presets import explain

    rows = [f"| `{key}` | `{json.dumps(value)}` | {_text(meaning)} |" for key, value, meaning in explain()]
    return ["| Setting | Published | |", "|---|---|---|", *rows]


def _text(text: str) -> str:
    """Return a text for a cell: nothing in it is taken for Markdown, flags look like code."""
    plain = re.sub(r"([\\|<*_\[\]`])", r"\\\1", " ".join(text.split()))
    return _FLAG.sub(lambda flag: f"`{flag[0]}`", plain)


def main() -> int:
    """Renew the tables of all pages, and say which pages have changed."""
    sys.path.insert(0, str(ROOT))
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            page.write_text(new, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: its tables are new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
