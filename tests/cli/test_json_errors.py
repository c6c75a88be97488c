"""With ``--json`` stdout has one JSON object, whatever happens: the summary, or the error for which there is none."""

import json
import os
import signal
from pathlib import Path

import pytest

from cli.main import COMMANDS
from pipeline.errors import RunError
from tests.cli.conftest import CocoSet, Ran, Run


def error_of(ran: Ran) -> dict[str, object]:
    """Return the error on stdout, after a look whether stderr and the exit code say the same."""
    assert list(ran.json) == ["error"]
    error: dict[str, object] = ran.json["error"]
    assert list(error) == ["kind", "message", "hint", "exit_code"]
    assert error["exit_code"] == ran.code
    if error["kind"] != "stopped":
        lines = [f"error: {error['message']}", *([f"hint: {error['hint']}"] if error["hint"] else [])]
        assert ran.err.splitlines()[-len(lines) :] == lines
    return error


@pytest.mark.parametrize("name", COMMANDS)
def test_bad_usage_of_any_command(tpsence: Run, name: str) -> None:
    ran = tpsence(name, "--no-such-option", "--json")
    error = error_of(ran)
    assert (error["kind"], ran.code) == ("usage", 2)
    assert error["message"] == f"--no-such-option: no such option of {name}"


@pytest.mark.parametrize("words", [["augmen", "--json"], ["--json", "augment"], ["--json"]])
def test_what_is_no_command_is_refused_in_json_too(tpsence: Run, words: list[str]) -> None:
    assert error_of(tpsence(*words))["kind"] == "usage"


def test_what_cannot_be_used(tpsence: Run, coco: CocoSet, tmp_path: Path) -> None:
    ran = tpsence("augment", "--labels", tmp_path / "none.json", "--out", tmp_path / "out", "--json")
    error = error_of(ran)
    assert (error["kind"], ran.code) == ("input", 2)
    assert error["message"] == f"{tmp_path}/none.json: no such file or folder"
    assert str(error["hint"]).startswith("Check the path after --labels")


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        (RunError("broke"), "failed", "broke"),
        (PermissionError(13, "Permission denied", "/x"), "failed", "/x: Permission denied"),
        (MemoryError(), "machine", "not enough memory: MemoryError"),
        (ZeroDivisionError("by zero"), "unexpected", "unexpected ZeroDivisionError: by zero"),
    ],
)
def test_what_breaks(
    tpsence: Run,
    coco: CocoSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    kind: str,
    message: str,
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("pipeline.augment.job.make_plan", fail)
    ran = tpsence("augment", "--labels", coco.labels, "--out", tmp_path / "out", "--json")
    error = error_of(ran)
    assert (error["kind"], error["message"], ran.code) == (kind, message, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_where_nothing_can_be_continued(
    tpsence: Run, coco: CocoSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    monkeypatch.setattr("pipeline.augment.job.make_plan", lambda *_: os.kill(os.getpid(), number))
    ran = tpsence("augment", "--labels", coco.labels, "--out", tmp_path / "out", "--json")
    assert error_of(ran) == {
        "kind": "stopped",
        "message": "stopped",
        "hint": "run the same command again",
        "exit_code": code,
    }


def test_what_comes_after_the_summary_is_no_second_object(
    tpsence: Run, coco: CocoSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_and_fail(**_: object) -> None:
        from cli.console import print_json

        print_json({"summary": 1})
        raise RunError("broke")

    monkeypatch.setattr("cli.segment._list_models", print_and_fail)
    ran = tpsence("segment", "--list-models", "--json")
    assert (ran.code, ran.json) == (1, {"summary": 1})
    assert ran.err == "error: broke\n"


def test_without_json_stdout_has_nothing(tpsence: Run, tmp_path: Path) -> None:
    for words in (["augment", "--labels", tmp_path / "none", "--out", tmp_path / "out"], ["augmen"], ["export", "--x"]):
        ran = tpsence(*words)
        assert (ran.code, ran.out) == (2, "")


def test_behind_two_dashes_it_is_no_option(tpsence: Run) -> None:
    assert tpsence("report", "--", "--json").out == ""


def test_of_the_processes_of_a_training_the_first_prints(tpsence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    outs = []
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        outs.append(tpsence("train", "tiny", "--no-such-option", "--json").out)
    assert json.loads(outs[0])["error"]["kind"] == "usage"
    assert outs[1] == ""


def test_a_traceback_on_request_comes_with_the_error_in_json(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from cli.main import main
    from tpsence.errors import InputError

    monkeypatch.setenv("TPSENCE_TRACEBACK", "1")
    monkeypatch.setattr("sys.argv", ["tpsence", "report", str(tmp_path / "none"), "--json"])
    with pytest.raises(InputError):
        main()
    assert json.loads(capfd.readouterr().out)["error"]["exit_code"] == 1
