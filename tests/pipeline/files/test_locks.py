"""A lock is held by one run, and by nothing that outlives it."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.files.locks import lock

HOLDING = """
import os, sys, time
from pathlib import Path
from pipeline.files.locks import lock

with lock(Path(sys.argv[1]), Path("x")):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
"""


def refused(file: Path, folder: Path) -> bool:
    try:
        with lock(file, folder):
            return False
    except OutputError as error:
        told = (error.message, error.hint)
    assert told == (f"{folder}: another run is writing here", "Wait for it, or stop it.")
    return True


def test_a_lock_is_held_once_within_a_process_too(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with lock(file, tmp_path):
        assert refused(file, tmp_path)
        assert refused(file, tmp_path)  # the attempt has not let go of it
        assert not refused(tmp_path / "other", tmp_path)
    assert not refused(file, tmp_path)


def test_the_file_stays_and_so_does_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_bytes(b"mine")
    with lock(file, tmp_path):
        assert refused(file, tmp_path)
    assert file.read_bytes() == b"mine"


def test_a_lock_is_let_go_of_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), lock(tmp_path / "lock", tmp_path):
        raise KeyboardInterrupt
    assert not refused(tmp_path / "lock", tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
def test_a_child_that_outlives_a_killed_run_does_not_hold_its_lock(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDING, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            assert refused(file, tmp_path)
            process.kill()
            process.wait()
            assert not refused(file, tmp_path)
            os.kill(child, 0)  # it is still there
        finally:
            os.kill(child, signal.SIGKILL)


def test_one_that_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from pipeline.files.locks import lock\n"
        "with lock(Path(sys.argv[1]), Path('x')): print('held', flush=True); time.sleep(0.3)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        began = time.monotonic()
        with lock(file, tmp_path, wait=True):
            assert time.monotonic() - began > 0.1


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_used_all_the_same(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", without_locks)
    with lock(tmp_path / "lock", tmp_path):
        assert not refused(tmp_path / "lock", tmp_path)


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for file in (tmp_path, tmp_path / "file" / "lock"):
        with pytest.raises(OSError, match=r"file|directory"), lock(file, tmp_path):
            pass
