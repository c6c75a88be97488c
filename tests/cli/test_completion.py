"""What a shell is given when somebody presses TAB: asked as the shells' own scripts ask."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.labels.registry import format_names
from tests.cli.conftest import Run
from tests.conftest import ROOT

Completed = Callable[[str], list[str]]


@pytest.fixture
def completed(tpsence: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Completed:
    """Return what bash is given for a line: the words that can stand in the place of its last one."""
    for name in ("rains/", "nets/", "sun/", ".hidden/"):
        (tmp_path / "here" / name).mkdir(parents=True)
    for name in ("rain.safetensors", "rain.txt", "tiny_mine.py"):
        (tmp_path / "here" / name).touch()
    monkeypatch.chdir(tmp_path / "here")

    def complete(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_TPSENCE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        ran = tpsence()
        assert (ran.code, ran.err) == (0, "")
        return ran.out.split()

    return complete


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tpsence tr", ["train"]),
        ("tpsence augment --wat", ["--water", "--water-only"]),
        ("tpsence augment --gate ", ["off", "flag", "drop"]),
        ("tpsence augment --water ", ["none", "light", "moderate", "heavy"]),
        ("tpsence preview photo.jpg --water m", ["moderate"]),
        ("tpsence preview photo.jpg --format co", ["coco"]),
        ("tpsence augment --labels x --format ", ["auto", *format_names()]),
        ("tpsence evaluate out --format s", ["scalabel"]),
        ("tpsence run --format y", ["yolo"]),
        ("tpsence segment --phases tr", ["train", "train,test"]),
        ("tpsence segment --scheme ", ["cityscapes"]),
        ("tpsence augment --device c", ["cpu", "cuda"]),
        ("tpsence segment --engine ", ["local", "ray"]),
        ("tpsence run --address ", ["auto", "ray://"]),
        ("tpsence train tiny --precision b", ["bf16"]),
        ("tpsence augment --set water.d", ["water.drops="]),
        ("tpsence train --set optim.e", ["optim.epochs=", "optim.ema="]),
        ("tpsence run --set optim.decay", ["optim.decay_epochs="]),
        ("tpsence segment --model road", ["road-lite"]),
        ("tpsence run --model road", ["road-lite"]),
        ("tpsence evaluate out --features inc", ["inception"]),
        ("tpsence train bdd100k", ["bdd100k_night", "bdd100k_rain", "bdd100k_snow"]),
        ("tpsence run --preset smal", ["small_rain"]),
    ],
)
def test_a_value_that_has_a_name_is_completed(completed: Completed, line: str, words: list[str]) -> None:
    assert completed(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tpsence augment --weights r", ["rain", "rains/", "rain.safetensors"]),
        ("tpsence augment --weights ", ["rain", "nets/", "rains/", "sun/", "rain.safetensors"]),
        ("tpsence export ra", ["rain", "rains/", "rain.safetensors"]),
        ("tpsence train tiny", ["tiny", "tiny_mine.py"]),
        ("tpsence evaluate out --model n", ["none", "nets/"]),
    ],
)
def test_beside_a_name_the_paths_that_fit_are_shown(completed: Completed, line: str, words: list[str]) -> None:
    assert completed(line) == words


@pytest.mark.parametrize(
    "line",
    [
        "tpsence augment --labels ",
        "tpsence augment --out r",
        "tpsence augment --weights su",
        "tpsence augment --weights rains/",
        "tpsence train tiny --data ",
        "tpsence train tiny_m",
        "tpsence report ",
    ],
)
def test_where_no_name_fits_the_shell_completes_paths_itself(completed: Completed, line: str) -> None:
    assert completed(line) == []


def test_zsh_is_told_the_meaning_too(tpsence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TPSENCE_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "tpsence train tiny --set optim.decay")
    assert '"optim.decay_epochs=":"Epochs after optim.epochs' in tpsence().out
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "tpsence augment --labels ")
    assert tpsence().out == "_files\n"


def test_what_cannot_be_found_out_is_no_message_in_the_line(
    completed: Completed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.train.presets.own_folder", lambda name: Path("/none"))
    assert completed("tpsence train ") == []


@pytest.mark.parametrize(
    "line", ["train ", "segment --model ", "run --set ", "augment --weights ", "augment --format ", "evaluate --model "]
)
def test_completion_imports_nothing_heavy(line: str) -> None:
    code = (
        "import sys; sys.argv = ['tpsence']\n"
        "from cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'torchvision', 'cv2', 'numpy', 'PIL', 'mmengine', 'mmseg'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    place = str(line.count(" ") + 1)
    asked = {"_TPSENCE_COMPLETE": "complete_bash", "COMP_WORDS": f"tpsence {line}", "COMP_CWORD": place}
    environment = {**os.environ, **asked}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


def test_bash_completes_by_the_script_that_is_installed(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    program = tmp_path / "tpsence"
    start = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    program.write_text(f"{start}from tpsence.__main__ import main\nmain()\n")
    program.chmod(0o755)
    script = """
        eval "$(_TPSENCE_COMPLETE=source_bash tpsence)"
        complete -p tpsence
        COMP_WORDS=(tpsence train tiny --precision f); COMP_CWORD=4
        _tpsence_completion tpsence
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True, env=environment, timeout=60)
    assert ran.stdout.splitlines() == ["complete -o default -F _tpsence_completion tpsence", "fp32", "fp16"]
