"""However a run on a cluster ends, nothing of it stays."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from pipeline.engine.ray import relay_process
from pipeline.engine.ray.messages import Places
from pipeline.engine.ray.relay_process import relay
from pipeline.engine.ray.sight import marker_name, unseen
from pipeline.errors import RunError
from pipeline.files.rooted import Rooted
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard

LIKE_RAY = """
import os, subprocess, sys
from multiprocessing.connection import Connection
from pathlib import Path
folder = Path(sys.argv[2])
(folder / "session").mkdir()
(folder / "session" / "log").write_text("Ray's")
wait = [sys.executable, "-c", "import time; time.sleep(600)"]
started = [subprocess.Popen(wait), subprocess.Popen(wait, preexec_fn=os.setpgrp)]
connection = Connection(int(sys.argv[1]))
connection.send((str(folder), [one.pid for one in started]))
try:
    connection.recv()
except EOFError:
    pass
"""


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes of a session are listed on Linux only")
@pytest.mark.parametrize("number", [signal.SIGKILL, None])
def test_what_a_relay_has_started_and_written_goes_with_it(
    number: signal.Signals | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_process, "_PROGRAM", LIKE_RAY)
    with relay() as there:
        folder, started = there._connection.recv()
        assert Path(folder).is_dir()
        assert all(map(is_running, started))
        if number is not None:
            os.kill(there._process.pid, number)
            with pytest.raises(RunError, match="the connection to the Ray cluster was lost"):
                there.receive(10.0)
    assert not Path(folder).exists()
    assert not any(map(is_running, started))


def test_the_path_of_its_folder_is_short_where_that_of_temporary_files_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with relay_process._folder() as folder:
        assert len(str(folder)) < 40
        assert folder.is_dir()
    assert not folder.exists()


def test_a_mark_that_a_kill_has_left_goes_when_its_shard_begins_again_and_stays_for_the_other(tmp_path: Path) -> None:
    shards = [Shard(index=1, count=2), Shard(index=2, count=2)]
    marks = [tmp_path / marker_name("ab", shard.tag) for shard in shards]
    with OutputFolder(tmp_path, shards[0]).opened({}, [], overwrite=False):
        for mark in marks:
            mark.write_text("ab")
    with OutputFolder(tmp_path, shards[0]).opened({}, [], overwrite=False):
        assert [mark.exists() for mark in marks] == [False, True]


def test_what_a_node_writes_to_try_has_the_tag_of_the_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out" / ".tpsence").mkdir(parents=True)
    name, token = marker_name("ab", "-1-of-2"), "ab"
    (tmp_path / "out" / name).write_text(token)
    places = Places(
        out=tmp_path / "out",
        marker=name,
        token=token,
        root=tmp_path,
        beside=[],
        sample="",
        sample_size=0,
        tag="-1-of-2",
    )
    written: list[str] = []
    monkeypatch.setattr(Rooted, "write", lambda self, name, data: written.append(name))
    monkeypatch.setattr(Rooted, "remove", lambda self, name: None)
    assert unseen(places) is None
    assert [one.endswith("-1-of-2.tmp") for one in written] == [True]
