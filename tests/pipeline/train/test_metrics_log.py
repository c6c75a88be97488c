"""The figures of a run: lines of JSON, and TensorBoard where it is installed."""

import errno
import importlib.util
import json
import math
import os
import sys
import threading
import warnings
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from pipeline.train.metrics_log import recording

needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="needs tensorboard, an optional package"
)


@pytest.fixture
def no_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not installed."""
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "tensorboard" else find(name, package)

    monkeypatch.setattr("importlib.util.find_spec", found)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)


def events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard shows: step and value by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped, unused-ignore]
            EventAccumulator,
        )

        board = EventAccumulator(str(folder / "tensorboard"))
        board.Reload()
    return {tag: [(event.step, event.value) for event in board.Scalars(tag)] for tag in board.Tags()["scalars"]}


@pytest.mark.usefixtures("no_tensorboard")
def test_a_line_for_each_step_and_nothing_of_tensorboard(tmp_path: Path) -> None:
    with recording(tmp_path, 0) as record:
        record.write(1, {"generator": 0.1, "lr": 2e-4})
        assert (tmp_path / "metrics.jsonl").read_text() == '{"step": 1, "generator": 0.1, "lr": 0.0002}\n'
        record.write(10, {"generator": 1 / 3})
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"step": 1, "generator": 0.1, "lr": 0.0002},
        {"step": 10, "generator": 1 / 3},
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


@pytest.mark.usefixtures("no_tensorboard")
def test_a_continued_record_goes_on_below(tmp_path: Path) -> None:
    for step in (1, 2):
        with recording(tmp_path, step - 1) as record:
            record.write(step, {"lr": 1.0})
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


@pytest.mark.usefixtures("no_tensorboard")
def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").mkdir()
    with recording(tmp_path, 0) as record, pytest.raises(IsADirectoryError):
        record.write(1, {"lr": 1.0})


@needs_tensorboard
def test_a_tensorboard_that_cannot_be_imported_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with recording(tmp_path, 0) as record:
        record.write(1, {"lr": 1.0})
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


@needs_tensorboard
def test_tensorboard_gets_the_same_figures(tmp_path: Path) -> None:
    with recording(tmp_path, 0) as record:
        record.write(1, {"generator": 0.5, "lr": 0.25})
        record.write(3, {"generator": 2.0, "lr": 0.125})
    assert events(tmp_path) == {"generator": [(1, 0.5), (3, 2.0)], "lr": [(1, 0.25), (3, 0.125)]}
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2


@pytest.fixture
def first_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorBoard reads the files of one second by a number that is not padded: 10 comes before 9.

    A run that is continued has another second; here the numbers begin anew.
    """
    from tensorboard.summary.writer import event_file_writer  # type: ignore[import-untyped, unused-ignore]

    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))


@needs_tensorboard
@pytest.mark.usefixtures("first_files")
def test_tensorboard_forgets_what_a_killed_run_had_after_its_checkpoint(tmp_path: Path) -> None:
    with recording(tmp_path, 0) as record:
        for step in (1, 2, 3, 4):
            record.write(step, {"generator": float(step)})
    with recording(tmp_path, 2) as record:
        record.write(3, {"generator": 30.0})
    assert events(tmp_path) == {"generator": [(1, 1.0), (2, 2.0), (3, 30.0)]}


@needs_tensorboard
def test_the_events_of_a_run_that_fails_are_on_the_disk(tmp_path: Path) -> None:
    def fail() -> None:
        with recording(tmp_path, 0) as record:
            record.write(1, {"generator": 0.5})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert events(tmp_path) == {"generator": [(1, 0.5)]}


@needs_tensorboard
def test_the_filter_of_warnings_is_as_it_was(tmp_path: Path) -> None:
    before = list(warnings.filters)
    with recording(tmp_path, 0) as record:
        assert warnings.filters == before
        record.write(1, {"generator": math.pi})
    assert warnings.filters == before


@needs_tensorboard
def test_what_tensorboards_thread_fails_of_is_raised_here_and_not_printed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tensorboard.summary.writer.record_writer.RecordWriter.flush", full)
    hook = threading.excepthook
    with pytest.raises(OSError, match="No space left"), recording(tmp_path, 0) as record:
        record.write(1, {"generator": 0.1})
    assert threading.excepthook is hook
    assert capfd.readouterr().err == ""
