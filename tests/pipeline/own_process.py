"""What is done in a process and a working folder of its own, as on another machine."""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.engine.events import Outcome
from pipeline.engine.interface import Work
from pipeline.engine.tasks import Task
from tests.conftest import ROOT

_WORKER = """
import pickle, sys
from pipeline.engine.interface import never
from pipeline.engine.threads import ThreadEngine

data, batches = pickle.loads(sys.stdin.buffer.read())
work = pickle.loads(data)
folder = work.written_to()
folder.collect()
done = []
for own, tasks in batches:
    outcomes = list(ThreadEngine(0, folder.path).run(work.with_own(own), tasks, never))
    done.append((outcomes, folder.collected()))
sys.stdout.buffer.write(pickle.dumps(done))
"""


def in_own_process(code: str, sent: object, place: Path) -> bytes:
    """Run a program, which gets a pickled object, and return what it writes.

    Args:
        code: The program.
        sent: The object.
        place: The working folder.
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, input=pickle.dumps(sent), stdout=subprocess.PIPE, env=env, cwd=place, check=True
    ).stdout


def work_in_own_process(work: Work[Any, Any], tasks: Sequence[Task], place: Path) -> list[Outcome]:
    """Send work once, and tasks by threes with what is known of them, the last first; add the lines that come back.

    Args:
        work: What to do.
        tasks: What to do it for.
        place: The working folder there.
    """
    batches = [tasks[begin : begin + 3] for begin in range(0, len(tasks), 3)][::-1]
    sent = pickle.dumps(work.with_own(None)), [(work.own_of(batch), batch) for batch in batches]
    done = pickle.loads(in_own_process(_WORKER, sent, place))  # noqa: S301 (of the process above)
    work.written_to().add_lines(line for _, lines in done for line in lines)
    return [outcome for outcomes, _ in done for outcome in outcomes]
