"""What a person sees of a job's events, with and without a terminal, and the exit code that they end in."""

import io
import os
import signal
from collections.abc import Iterator

import pytest
from rich.console import Console

from cli import console, show, stages
from cli.stopping import Stop
from pipeline.engine.events import Done, Event, Finished, Found, How, Stage, StageState, Unit
from pipeline.images.skips import Reason, Skip

STAGES = ("segment", "train")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to a log, with a line at every chance."""
    return shown_on(monkeypatch, terminal=False)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to a terminal."""
    return shown_on(monkeypatch, terminal=True)


def shown_on(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    stream = io.StringIO()
    stderr = Console(file=stream, force_terminal=terminal, width=100, highlight=False, color_system=None)
    for module in (console, show, stages):
        monkeypatch.setattr(module, "stderr", stderr)
    monkeypatch.setattr(show, "SECONDS_BETWEEN_LINES", -1.0)
    return stream


def finished(**about: object) -> Finished:
    return Finished(command="nothing to say of", summary={}, **about)  # type: ignore[arg-type]


def stage(name: str, state: StageState, text: str = "") -> Stage:
    return Stage(name=name, state=state, text=text, place=STAGES.index(name) + 1, stages=STAGES)


def run(*events: Event, quiet: bool = False) -> int:
    return show.show(lambda stop: iter(events), quiet=quiet)[1]


def test_a_log_has_texts_counts_rate_time_left_and_skips(seen: io.StringIO) -> None:
    skip = Skip("b.jpg", Reason.MISSING, "no such file")
    code = run(
        Found(total=4, texts=["4 pictures"], warnings=["a checkpoint is damaged"]),
        Done(name="a.jpg"),
        skip,
        finished(skips=1),
    )
    lines = seen.getvalue().splitlines()
    assert lines[:2] == ["a checkpoint is damaged", "4 pictures"]
    assert lines[2].startswith("1 of 4: ")
    assert "images/s, 0:00:00 left" in lines[2]
    assert lines[3].startswith("2 of 4: ")
    assert lines[3].endswith(", 1 skip")
    assert code == 3


def test_what_was_there_already_has_no_part_in_the_rate(seen: io.StringIO) -> None:
    run(Found(total=3), Done(how=How.REUSED), Done(how=How.REUSED), Done(), finished())
    lines = seen.getvalue().splitlines()
    assert lines[:2] == ["1 of 3: ", "2 of 3: "]
    assert "images/s" in lines[2]


def test_what_has_to_be_started_is_told_and_has_no_part_in_the_rate(
    seen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(1000))
    monkeypatch.setattr("cli.show.time.monotonic", lambda: next(seconds))
    starting, working = Done(count=0, text="starting"), Done(count=0, text="working")
    run(Found(total=3), starting, working, Done(), working, Done(text="done"), finished())
    lines = seen.getvalue().splitlines()
    assert lines[:2] == ["0 of 3: starting", "0 of 3: working"]
    rates = [float(line.split()[3]) for line in lines[2:5]]
    assert rates[0] > rates[1]
    assert lines[3].endswith("left, working")
    assert rates[2] > rates[1]
    assert lines[4].endswith("left, done")


def test_bytes_have_their_unit(seen: io.StringIO) -> None:
    run(
        Found(total=4_000_000, unit=Unit.BYTES, what="net.pth", done=1_000_000, can_stop=False),
        Done(count=1_500_000),
        finished(),
    )
    assert seen.getvalue().startswith("2.5 MB of 4.0 MB: net.pth, ")


def test_steps_count_their_images(seen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def job(stop: object) -> Iterator[Event]:
        yield Found(total=10, unit=Unit.STEPS, done=2, images_each=8)
        now[0] = 1.0
        yield Done(text="epoch 1")
        yield finished()

    show.show(job, quiet=False)
    (line,) = seen.getvalue().splitlines()
    assert line.startswith("3 of 10: ")
    assert line.endswith(", epoch 1")
    assert "8.00 images/s, 0:00:07 left" in line


def test_a_chain_says_where_it_is(seen: io.StringIO) -> None:
    run(
        stage("segment", StageState.LOOKING),
        stage("segment", StageState.UNCHANGED),
        stage("train", StageState.BEGINS, "changed: seed"),
        stage("train", StageState.CLEARED, "the earlier training is kept in t-1"),
        Found(total=2, texts=["2 pictures"]),
        Done(),
        stage("train", StageState.DONE),
        finished(),
    )
    lines = seen.getvalue().splitlines()
    assert lines[:3] == ["stage 2 of 2, train: changed: seed", "the earlier training is kept in t-1", "2 pictures"]
    assert lines[3].startswith("1 of 2: ")


def test_a_terminal_says_what_is_being_done_before_the_first_of_it(terminal: io.StringIO) -> None:
    def job(stop: object) -> Iterator[Event]:
        yield Found(total=1, unit=Unit.FILES, what="rain.onnx: being traced and written", can_stop=False)
        yield Done()
        yield finished()

    show.show(job, quiet=False)
    assert "0/1 rain.onnx: being traced and written" in terminal.getvalue()
    assert "1/1 rain.onnx: being traced and written, " in terminal.getvalue()


def test_a_row_says_what_is_being_done_before_the_first_of_it(terminal: io.StringIO) -> None:
    run(stage("segment", StageState.BEGINS, "new"), Found(total=300, what="pictures compared"), finished())
    assert "0/300" in terminal.getvalue()
    assert "pictures compared" in terminal.getvalue()


def test_a_terminal_has_a_bar_with_rate_and_time_left(terminal: io.StringIO) -> None:
    run(Found(total=2, what="boxes compared"), Done(), Done(), finished())
    assert "2/2 boxes compared, " in terminal.getvalue()
    assert "left" in terminal.getvalue()


def test_a_terminal_has_a_row_for_each_stage(terminal: io.StringIO) -> None:
    run(
        stage("segment", StageState.NOT_NEEDED),
        stage("train", StageState.BEGINS, "has not run yet"),
        Found(total=5),
        Done(count=3),
        finished(),
    )
    last = terminal.getvalue().splitlines()[-3:]
    assert "not needed" in last[0]
    assert "3/5" in last[1]


def test_a_row_says_how_its_stage_has_ended(terminal: io.StringIO) -> None:
    run(stage("train", StageState.BEGINS, "has not run yet"), stage("train", StageState.FAILED), finished())
    assert "failed" in terminal.getvalue().splitlines()[-2]


def test_quiet_shows_nothing(seen: io.StringIO) -> None:
    run(stage("train", StageState.BEGINS), Found(total=1, texts=["x"]), Done(), finished(), quiet=True)
    assert seen.getvalue() == ""


@pytest.mark.parametrize(
    ("about", "strict", "code"),
    [
        ({}, False, 0),
        ({"skips": 2}, False, 3),
        ({"skips": 2}, True, 3),
        ({"skips": 2, "dry": True}, False, 3),
        ({"skips": 2, "dry": True}, True, 1),
        ({"skips": 2, "stopped": True}, False, 130),
        ({"stopped": True, "time_over": True}, False, 0),
    ],
)
def test_the_exit_code_says_how_it_ended(about: dict[str, object], strict: bool, code: int) -> None:
    assert show.exit_code(finished(**about), Stop(), strict=strict) == code


def test_a_signal_is_a_wish_from_the_first_event_that_can_answer_it() -> None:
    before = signal.getsignal(signal.SIGTERM)
    answered: list[object] = []

    def job(stop: Stop) -> Iterator[Event]:
        yield Found(total=1, can_stop=False)
        answered.append(signal.getsignal(signal.SIGTERM) is before)
        yield Found(total=1)
        os.kill(os.getpid(), signal.SIGTERM)
        answered.append(stop())
        yield finished(stopped=stop())

    _, code = show.show(job, quiet=True)
    assert answered == [True, True]
    assert code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_job_that_breaks_leaves_signals_and_terminal_as_they_were(terminal: io.StringIO) -> None:
    before = signal.getsignal(signal.SIGINT)

    def job(stop: object) -> Iterator[Event]:
        yield Found(total=1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        show.show(job, quiet=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert terminal.getvalue().endswith("\n\x1b[?25h")  # the cursor is shown again
