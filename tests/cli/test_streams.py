"""What becomes of the program's output does not matter for its work: closed or full streams, and hostile names."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from rich.text import Text

from cli.streams import secure_streams, write_out
from pipeline.errors import RunError
from tests.cli.conftest import Run
from tests.conftest import ROOT, Painter

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
LOST = "what belongs there is lost, all else is done"


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a line of a shell, in which ``tpsence`` is this program."""
    script = f'tpsence() {{ "{sys.executable}" -m tpsence "$@"; }}; cd "{folder}"; {line}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["sh", "-c", script], check=False, capture_output=True, text=True, timeout=120, env=environment
    )


@pytest.mark.parametrize("stdout", [None, Full()], ids=["closed", "full"])
@pytest.mark.parametrize("dry", [True, False])
def test_a_summary_that_cannot_be_printed_is_one_line_after_the_work(
    tpsence: Run,
    paint: Painter,
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stdout: IO[str] | None,
    dry: bool,
) -> None:
    paint(tmp_path / "in" / "a.png")
    monkeypatch.setattr(sys, "stdout", stdout)
    line = ["augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", tmp_path / "out", "--json"]
    ran = tpsence(*line, "--no-report", *(["--dry-run"] if dry else []))
    assert ran.code == 1
    assert (tmp_path / "out" / "a.png").exists() != dry
    assert [LOST in text for text in ran.err.splitlines()[-2:]] == [True, False]
    assert ran.err.splitlines()[-1].startswith("hint: ")
    assert "unexpected" not in ran.err


@needs_full
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
@pytest.mark.parametrize("what", ["train --list-settings", "segment --list-models --json"])
def test_no_command_ends_in_a_traceback_where_nothing_can_be_printed(tmp_path: Path, where: str, what: str) -> None:
    ran = shell(f"tpsence {what} {where}", tmp_path)
    assert ran.returncode == 1
    assert [LOST in line for line in ran.stderr.splitlines()] == [True, False]


@needs_full
def test_a_help_that_cannot_be_printed_is_one_line(tmp_path: Path) -> None:
    ran = shell("tpsence --help >/dev/full", tmp_path)
    assert ran.returncode == 1
    assert [LOST in line for line in ran.stderr.splitlines()] == [True, False]


@needs_full
@pytest.mark.parametrize("streams", ["2>/dev/full", "<&- >&- 2>&-"])
def test_work_goes_on_where_nobody_can_be_told(
    paint: Painter, tiny_weights: Path, tmp_path: Path, streams: str
) -> None:
    paint(tmp_path / "in" / "a.png")
    line = f"tpsence augment --images in --weights '{tiny_weights}' --out out --no-report"
    ran = shell(f"{line} {streams}", tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert (tmp_path / "out" / "a.png").read_bytes().startswith(b"\x89PNG")


@needs_full
def test_an_error_that_cannot_be_told_has_its_exit_code(tmp_path: Path) -> None:
    assert shell("tpsence augment --images none --out out 2>/dev/full", tmp_path).returncode == 2


SECURED = """
import os, sys
from cli.streams import secure_streams
secure_streams()
with open("opened", "wb") as stream:
    found = stream.fileno()
    os.write(1, b"lost")
    os.write(2, b"lost")
    print("lost", file=sys.stderr)
sys.exit(found)
"""


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = f"cd '{tmp_path}' && exec '{sys.executable}' -c '{SECURED}' <&- >&- 2>&-"
    ran = subprocess.run(["sh", "-c", line], check=False, timeout=60, env=environment)
    assert ran.returncode > 2
    assert (tmp_path / "opened").read_bytes() == b""


def test_a_standard_error_of_somebody_else_stays(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    secure_streams()
    assert sys.stderr is before
    sys.stderr.write("seen")
    assert capsys.readouterr().err == "seen"


def test_nothing_to_print_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    write_out("")
    with pytest.raises(RunError, match="standard output: it is closed"):
        write_out("x")


# --- names of unknown origin

HOSTILE = {
    "a new line": "x\nerror: forged.jpg",
    "another new line": "x\u2028error: forged\u0085.jpg",
    "a carriage return": "x\rerror: forged.jpg",
    "an escape sequence": "x\x1b[2K\x1b[31merror.jpg",
    "a short escape": "x\x9b31m.jpg",
    "writing from the right": "x\u202egpj.exe\u2066.jpg",
    "markup": "[red]x[bold] :smile:.jpg",
    "no text": os.fsdecode(b"x\xff.jpg"),
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("dry", [True, False])
def test_no_name_forges_a_line(
    tpsence: Run, paint: Painter, tiny_weights: Path, tmp_path: Path, name: str, dry: bool
) -> None:
    """The file cannot be read, its folder is named like it, and so is the output."""
    folder = tmp_path / f"in {name}"
    paint(folder / "good.png")
    (folder / name).write_bytes(b"no picture")
    line = ["augment", "--images", folder, "--out", tmp_path / f"out {name}", "--weights", tiny_weights, "--no-report"]
    ran = tpsence(*line, *(["--dry-run"] if dry else []))
    assert ran.code == 3
    lines = ran.err.split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.startswith("error: forged")]
    if name.startswith("[red]"):
        assert any(name in line for line in lines)  # markup is text like any other


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_bar_shows_names_as_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from cli import show, stages
    from cli.show import Display
    from pipeline.engine.events import Done, Found, Stage, StageState

    seen = io.StringIO()
    terminal = Console(file=seen, force_terminal=True, color_system=None, width=200, legacy_windows=False)
    monkeypatch.setattr(show, "stderr", terminal)
    monkeypatch.setattr(stages, "stderr", terminal)
    for chain in (False, True):
        display = Display(quiet=False)
        with display:
            if chain:
                display.draw(Stage(name="augment", place=1, stages=["augment"], state=StageState.BEGINS, text=name))
            display.draw(Found(total=2, what=name))
            display.draw(Done(text=name))
    plain = Text.from_ansi(seen.getvalue()).plain
    assert not [line for line in plain.splitlines() if line.lstrip().startswith("error: forged")]
    assert not set("\u202e\u2066\u2028\x9b\x85") & set(seen.getvalue())
    assert "\x1b[31merror" not in seen.getvalue()
