"""Packages of tpsence's are its own, also where a folder of the user's is called the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tpsence.own_packages import own_first, own_folder

OURS = "import pipeline; print(pipeline.__file__)\n"
CLAIM = "from tpsence.own_packages import own_first\nown_first('pipeline', warn=True)\n"
LATE = """
import os, sys
sys.path, whole = [os.getcwd()], sys.path
import pipeline
sys.path = whole

from tpsence.errors import InputError
from tpsence.own_packages import own_first
try:
    own_first("pipeline", warn=True)
except InputError as error:
    print(error.message, error.hint, sep="\\n")
assert sys.modules["pipeline"] is pipeline
"""
"""Imports the user's ``pipeline`` before ours is asked for."""


def ran(code: str, folder: Path, *options: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder that comes first on its path."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((".", str(path)))},
        capture_output=True,
        text=True,
        check=False,
    )


def gives_ours(code: str, folder: Path, path: Path = ROOT) -> None:
    """Run a program that prints where ``pipeline`` lies, any warning being an error."""
    done = ran(code, folder, "-W", "error", path=path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(path / "pipeline" / "__init__.py")]


def test_a_package_of_the_users_is_hidden_with_a_warning(users_folder: Path) -> None:
    code = f"import sys\nbefore = list(sys.path)\n{CLAIM}own_first('pipeline', warn=True)\n{OURS}"
    done = ran(f"{code}from pipeline.files.text import one_line\nassert sys.path == before\n", users_folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(ROOT / "pipeline" / "__init__.py")]
    assert done.stderr.count("UserWarning") == 1
    assert f"import pipeline now gives that one and not {users_folder / 'pipeline'};" in done.stderr


def test_the_warning_is_of_the_line_of_the_user(users_folder: Path) -> None:
    (users_folder / "mine.py").write_text(CLAIM)
    done = ran("import mine", users_folder)
    assert done.stderr.startswith(f"{users_folder / 'mine.py'}:2: UserWarning")


def test_a_module_of_the_users_is_hidden_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("")
    done = ran(CLAIM + OURS, tmp_path)
    assert done.stdout.split() == [str(ROOT / "pipeline" / "__init__.py")]
    assert f"and not {tmp_path / 'pipeline.py'};" in done.stderr


def test_the_command_hides_without_a_word(users_folder: Path) -> None:
    gives_ours(CLAIM.replace(", warn=True", "") + OURS, users_folder)


def test_a_folder_that_is_no_package_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "notes.py").write_text("")
    gives_ours(CLAIM + OURS, tmp_path)


def test_ours_may_be_imported_before(tmp_path: Path) -> None:
    gives_ours(f"import pipeline\n{CLAIM}{OURS}", tmp_path)


def test_a_checkout_on_the_path_is_no_conflict(tmp_path: Path) -> None:
    for package in ("tpsence", "pipeline"):
        shutil.copytree(ROOT / package, tmp_path / "checkout" / package, ignore=shutil.ignore_patterns("*.safetensors"))
    gives_ours(CLAIM + OURS, tmp_path, tmp_path / "checkout")


def test_a_link_to_the_same_folder_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT)
    code = f"import sys\nimport tpsence\nsys.path.insert(0, {str(tmp_path / 'link')!r})\nimport pipeline\n{CLAIM}{OURS}"
    done = ran(code, tmp_path, "-W", "error")
    assert done.stdout.split() == [str(tmp_path / "link" / "pipeline" / "__init__.py")], done.stderr


@pytest.mark.parametrize(
    ("file", "place"),
    [("pipeline/__init__.py", "pipeline"), ("pipeline.py", "pipeline.py"), ("pipeline/a.py", "pipeline")],
)
def test_one_that_is_imported_already_is_left_and_said(file: str, place: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("")
    done = ran(LATE, tmp_path, "-W", "error")
    assert done.returncode == 0, done.stderr
    message, hint = done.stdout.splitlines()
    assert message.endswith(f"is imported already: {tmp_path / place}, and not {ROOT / 'pipeline'}")
    assert "another name" in hint
    assert "python -m tpsence" in hint


def test_the_front_door_opens_ours(users_folder: Path) -> None:
    """Errors are the method's own and need no ``pipeline``; what does need it says what it hides."""
    code = f"import tpsence\ntpsence.InputError\nprint('so far')\ntpsence.AugmentOptions\n{OURS}"
    done = ran(code, users_folder)
    assert done.stdout.splitlines() == ["so far", str(ROOT / "pipeline" / "__init__.py")], done.stderr
    assert done.stderr.count("UserWarning") == 1


def test_the_front_door_refuses_beside_another(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("")
    done = ran("import pipeline\nfrom tpsence import InputError\nfrom tpsence import Found", tmp_path)
    assert "InputError: another pipeline than tpsence's is imported already: " in done.stderr


def test_an_installation_without_its_packages_is_said(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tpsence", tmp_path / "site" / "tpsence")
    done = ran("import tpsence.__main__ as it; it.main()", tmp_path, path=tmp_path / "site")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'site' / 'pipeline'}: no such package, which belongs to tpsence\n" + (
        "hint: Install tpsence again.\n"
    )


def test_the_folder_of_the_presets_needs_no_import(users_folder: Path) -> None:
    code = "from tpsence.own_packages import own_folder; print(own_folder('configs'))"
    assert ran(code, users_folder).stdout.split() == [str(ROOT / "configs")]
    assert (own_folder("configs") / "_base.py").is_file()


def test_it_is_quick_to_import(tmp_path: Path) -> None:
    code = "import sys\nimport tpsence.own_packages\nprint({'torch', 'numpy', 'pipeline', 'cli'} & set(sys.modules))"
    assert ran(code, tmp_path).stdout == "set()\n"


def test_here_it_is_ours_and_stays(recwarn: pytest.WarningsRecorder) -> None:
    import pipeline

    own_first("pipeline", warn=True)
    assert sys.modules["pipeline"] is pipeline
    assert not recwarn
