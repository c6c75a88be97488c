"""The examples of the pages in Python run, and print what stands there."""

import doctest
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import tpsence
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "python.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_examples_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples" / "street", tmp_path / "examples" / "street")
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, Any] = {}  # each example goes on where the one before ends
    for block in _BLOCK.finditer(text):
        before = text.count("\n", 0, block.start(1))
        if ">>>" in block[1]:
            _run_doctest(block[1], names, before)
        else:
            exec(compile("\n" * before + block[1], str(PAGE), "exec"), names)  # noqa: S102 (our own page)


def _run_doctest(code: str, names: dict[str, Any], before: int) -> None:
    """Run what has prompts, and compare what it prints."""
    test = doctest.DocTestParser().get_doctest(code, names, PAGE.name, str(PAGE), before)
    printed: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(test, out=printed.append, clear_globs=False).failed
    names.update(test.globs)
    assert not failed, "".join(printed)


def test_the_example_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = _BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    picture = Image.open("examples/street/testA/street_0001.jpg")
    names: dict[str, Any] = {"picture": picture}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 (our own page)
    assert names["rainy"].size == picture.size
    assert names["rainy"].tobytes() != picture.tobytes()


def test_the_example_of_an_evaluation_names_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = _BLOCK.findall((ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8"))
    wanted: list[object] = []

    def noting(options: object) -> list[object]:
        wanted.append(options)
        return []

    monkeypatch.setattr("pipeline.evaluate.evaluate", noting)
    exec(compile(code, "evaluate.md", "exec"), {})  # noqa: S102 (our own page)
    assert len(wanted) == 1


def test_the_page_names_what_there_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in tpsence.__all__ if name != "__version__" and f"`{name}" not in text] == []
