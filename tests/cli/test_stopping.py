"""Signals, where a job can be asked to stop and where it cannot."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.stopping import SIGNALS, Stop, signals_to
from tests.cli.conftest import Run


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_that_cannot_be_asked_to_stop_ends_with_a_line(
    tpsence: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def report(options: object) -> Iterator[None]:
        signal.raise_signal(number)
        yield

    before = [signal.getsignal(one) for one in SIGNALS]
    monkeypatch.setattr("pipeline.report.job.report", report)
    ran = tpsence("report", tmp_path)
    assert ran.code == 128 + number
    assert ran.err.strip() == "stopped; run the same command again"
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_a_hang_up_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = Stop()
    try:
        with signals_to(stop):
            signal.raise_signal(signal.SIGHUP)
            assert not stop()
            assert signal.getsignal(signal.SIGTERM) == stop.handle
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_gone_does_not_break_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> int:
        raise OSError(5, os.strerror(5))

    stop = Stop()
    monkeypatch.setattr(os, "write", gone)
    with signals_to(stop):
        signal.raise_signal(signal.SIGHUP)
    assert stop.exit_code == 129
