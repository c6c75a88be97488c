"""An OpenCV that cannot be imported is said with what to install, whoever imports it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.engine.opencv import opencv_explained, opencv_lack
from tests.conftest import ROOT
from tpsence.errors import TpsenceError

GONE = "cannot open shared object file: No such file or directory"
HEADLESS = "pip uninstall -y opencv-python, then pip install opencv-python-headless"


def said(text: str, kind: type[ImportError] = ImportError) -> ImportError:
    """Return what Python raises where the extension itself cannot be loaded."""
    return kind(text, name="cv2")


@pytest.mark.parametrize(
    ("text", "message", "packages"),
    [
        (f"libGL.so.1: {GONE}", "libGL.so.1 is missing", ("libgl1 libglib2.0-0;", "mesa-libGL glib2;")),
        (
            f"libgthread-2.0.so.0: {GONE}",
            "libgthread-2.0.so.0 is missing",
            ("libglib2.0-0 libgl1;", "glib2 mesa-libGL;"),
        ),
        (f"libglib-2.0.so.0: {GONE}", "libglib-2.0.so.0 is missing", ("libglib2.0-0 libgl1;", "glib2 mesa-libGL;")),
        (
            f"libxcb.so.1: {GONE}",
            "libxcb.so.1 is missing",
            ("libxcb1 libgl1 libglib2.0-0;", "libxcb mesa-libGL glib2;"),
        ),
        (f"libSM.so.6: {GONE}", "libSM.so.6 is missing", ("libsm6 libgl1", "libSM mesa-libGL")),
        ("/x y/libGL.so.1: file too short", "libGL.so.1 cannot be used (file too short)", ("libgl1", "mesa-libGL")),
        ("/x/libGL.so.1: invalid ELF header", "libGL.so.1 cannot be used (invalid ELF header)", ("libgl1",)),
        (f"libodd-3.so.2: {GONE}", "libodd-3.so.2 is missing", ("Install what it belongs to",)),
    ],
)
def test_a_library_is_named_with_its_packages(text: str, message: str, packages: tuple[str, ...]) -> None:
    found = opencv_lack(said(text))
    assert found is not None
    assert found[0] == f"OpenCV cannot be loaded: {message}"
    assert all(package in found[1] for package in packages)
    assert found[1].endswith(f"{HEADLESS}.")


def test_another_failure_is_said_as_it_is() -> None:
    found = opencv_lack(said("numpy.core.multiarray failed to import\nmore"))
    assert found is not None
    assert found[0] == "OpenCV cannot be loaded: numpy.core.multiarray failed to import"
    assert found[1].startswith("Install it again: ")


def test_none_at_all_is_to_be_installed() -> None:
    found = opencv_lack(said("No module named 'cv2'", ModuleNotFoundError))
    assert found is not None
    assert found[0] == "OpenCV is not installed"
    assert "pip install opencv-python-headless" in found[1]


def test_it_is_found_behind_the_errors_of_others() -> None:
    try:
        try:
            raise said(f"libGL.so.1: {GONE}")
        except ImportError as error:
            raise ImportError("Failed to import mmseg") from error
    except ImportError:
        with pytest.raises(TpsenceError, match=r"libGL\.so\.1 is missing"), opencv_explained():
            raise ValueError("mmseg")  # noqa: B904 (as in a library that says no cause)


@pytest.mark.parametrize(
    "words",
    [
        "tpsence.load",
        "tpsence.augment(images='in', out='out', water='none', dry_run=True)",
        "list(tpsence.augment(images='in', out='out'))",
        "list(tpsence.segment(images='in', out='out', model='road-lite'))",
    ],
)
def test_the_front_door_explains_it(words: str, tmp_path: Path, paint: Callable[..., Path]) -> None:
    paint(tmp_path / "in" / "a.png")
    (tmp_path / "cv2.py").write_text(f"raise ImportError('libGL.so.1: {GONE}')\n")
    code = f"import tpsence\ntry: {words}\nexcept tpsence.TpsenceError as error: print(error.message, error.hint)\n"
    path = os.pathsep.join((".", str(ROOT)))
    env = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ran.stdout.startswith("OpenCV cannot be loaded: libGL.so.1 is missing Debian, Ubuntu: "), ran.stderr


@pytest.mark.parametrize(
    "error",
    [
        ImportError(f"libcudart.so.13: {GONE}", name="torch"),
        ImportError("cv2"),
        ModuleNotFoundError("x", name="x"),
        OSError(),
    ],
)
def test_what_is_not_about_opencv_stays(error: Exception) -> None:
    assert opencv_lack(error) is None
    with pytest.raises(type(error)) as caught, opencv_explained():
        raise error
    assert caught.value is error


def test_a_package_that_fails_inside_is_told_by_where_it_fails(tmp_path: Path) -> None:
    """What is in the package and imports the extension names nothing in its error."""
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text("from cv2 import deep\n")
    (tmp_path / "cv2" / "deep.py").write_text(f"raise ImportError('libGL.so.1: {GONE}')\n")
    (tmp_path / "another.py").write_text("import cv2\n")
    (tmp_path / "broken.py").write_text("raise ImportError('libGL.so.1: nothing to do with it')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pipeline.engine.opencv import opencv_lack\n"
        "for name in ('another', 'broken'):\n"
        "    try: __import__(name)\n"
        "    except ImportError as error: print(opencv_lack(error) is not None)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["True", "False"], ran.stderr
