"""The front door: what ``import tpsence`` offers, and what it costs."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

import tpsence
from tests.conftest import ROOT

NAMES = [
    "AugmentOptions",
    "Done",
    "Event",
    "Finished",
    "Found",
    "InputError",
    "PreviewOptions",
    "SegmentOptions",
    "Skip",
    "TpsenceError",
    "Translator",
    "WeightsError",
    "__version__",
    "augment",
    "load",
    "preview",
    "segment",
]
QUICK = [name for name in NAMES if name not in {"Translator", "load"}]
"""Those that need no torch."""


def test_the_public_names_are_these() -> None:
    assert sorted(tpsence.__all__) == NAMES
    assert set(NAMES) <= set(dir(tpsence))


@pytest.mark.parametrize("name", QUICK if find_spec("torch") is None else NAMES)
def test_each_is_there(name: str) -> None:
    assert getattr(tpsence, name)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'translate'"):
        getattr(tpsence, "translate")  # noqa: B009 (a type checker knows it too)


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = {"torch", "PIL", "cv2", "mmseg", "mmengine"}
    for names, absent in (([], heavy | {"numpy", "pydantic", "pipeline"}), (QUICK, heavy)):
        asked = "".join(f"tpsence.{name}; " for name in names)
        code = f"import sys, json, tpsence; {asked}print(json.dumps(list(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert not absent & set(json.loads(done.stdout))


def test_a_traceback_shows_the_hint() -> None:
    error = tpsence.InputError("a.jpg: empty", "Give another.")
    if sys.version_info >= (3, 11):
        assert error.__notes__ == ["hint: Give another."]
    assert not getattr(tpsence.InputError("a.jpg: empty"), "__notes__", [])
