"""The examples of docs/python.md run, and print what stands there."""

import doctest
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "python.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the examples have imported and made so far; each goes on where the one before ends."""
    return {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example data set, as the repository is."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "examples" / "street", folder / "examples" / "street")
    return folder


def blocks() -> list[Any]:
    """The examples in their order, each with the line that it begins in."""
    text = PAGE.read_text(encoding="utf-8")
    found = [(text.count("\n", 0, match.start(1)), match[1]) for match in _BLOCK.finditer(text)]
    return [pytest.param(line, code, id=f"line {line + 1}") for line, code in found]


@pytest.mark.parametrize(("line", "code"), blocks())
def test_an_example(line: int, code: str, names: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if ">>>" not in code:
        exec(compile(code, f"{PAGE.name}, after line {line}", "exec"), names)  # noqa: S102 (our own page)
        return
    test = doctest.DocTestParser().get_doctest(code, names, PAGE.name, str(PAGE), line)
    runner = doctest.DocTestRunner(verbose=False)
    printed: list[str] = []
    failed = runner.run(test, out=printed.append, clear_globs=False).failed
    names.update(test.globs)
    assert not failed, "".join(printed)


def test_the_page_names_what_there_is() -> None:
    import tpsence

    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in tpsence.__all__ if name != "__version__" and f"`{name}" not in text] == []
