"""Work that is done in a fresh process, as on another machine."""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.engine.interface import Work
from pipeline.engine.tasks import Task
from tests.conftest import ROOT

_PROGRAM = """
import pickle, sys
from pathlib import Path
from pipeline.engine.interface import never
from pipeline.engine.threads import ThreadEngine
work, tasks = pickle.loads(Path(sys.argv[1]).read_bytes())
for outcome in ThreadEngine(2, Path(sys.argv[1])).run(work, tasks, never):
    print(type(outcome).__name__)
"""


def done_elsewhere(work: Work[Any, Any], tasks: Sequence[Task], file: Path) -> list[str]:
    """Send work to a fresh process and have it done there.

    Args:
        work: What to do.
        tasks: What to do it for.
        file: A new file, for what is sent.

    Returns:
        The kinds of the outcomes: ``Done`` or ``Skip``.
    """
    file.write_bytes(pickle.dumps((work, tasks), protocol=5))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(file)],
        cwd=file.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.split()
