"""A job's messages name settings; flags are the command line's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.flags import with_flags
from tests.conftest import ROOT

_FLAG = re.compile(r"--[a-z]")
_WHOLE_COMMAND = re.compile(r"\b(tpsence [a-z]+|torchrun|ray start)( --?[a-z-]+( [^\s-]\S*)?)+")
"""A command to be typed as it stands may have flags."""


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("floor", ["tpsence", "pipeline"])
def test_no_message_below_the_command_line_names_a_flag(floor: str) -> None:
    named = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / floor).rglob("*.py"))
        for line, text in texts(file)
        if _FLAG.search(_WHOLE_COMMAND.sub("", text))
    ]
    assert not named


@pytest.mark.parametrize("floor", ["tpsence", "pipeline", "cli"])
def test_what_a_message_would_have_one_drop_is_left_out(floor: str) -> None:
    """``leave it away`` is no English."""
    named = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / floor).rglob("*.py"))
        for line, text in texts(file)
        if re.search(r"\bleaves? [^.]*\baway\b", text, re.IGNORECASE)
    ]
    assert not named


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`max_pixels`: out of range", "--max-pixels: out of range"),
        ("Give `images` or `out`.", "Give --images or --out."),
        ("no setting in `a b`, ``, `X` or `", "no setting in `a b`, ``, `X` or `"),
    ],
)
def test_settings_become_flags(message: str, shown: str) -> None:
    assert with_flags(message) == shown
