"""A Ray cluster whose nodes are all on this machine, in a process of its own: Ray's own tests have no better one.

Run as a program it starts some nodes of one core each, prints the address, and does what lines on stdin say.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.conftest import ROOT

_NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A node that is killed is missed soon.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "4",
}


@dataclass(frozen=True)
class LocalCluster:
    """A cluster that runs."""

    address: str
    """``host:port``."""
    process: "subprocess.Popen[str]"
    said: IO[str]

    def kill_node(self) -> None:
        """Kill the node that was added last, and everything on it."""
        self._do("kill")

    def add_node(self) -> None:
        """Add a node."""
        self._do("add")

    def _do(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self.said.readline().strip() == "done"


@contextmanager
def local_cluster(nodes: int) -> Iterator[LocalCluster]:
    """Start a cluster, and end it."""
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        env = {**os.environ, **_SETTINGS, "RAY_TMPDIR": folder, "PYTHONPATH": str(ROOT)}
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, __file__, str(nodes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=env,
            )
        with process:
            assert process.stdout is not None
            assert process.stdin is not None
            try:
                yield LocalCluster(process.stdout.readline().strip(), process, process.stdout)
            finally:
                process.stdin.close()
                process.wait()


def _main(count: int) -> None:
    """Start nodes, and do what lines on stdin say, until there are no more."""
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Ray prints there too
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    nodes = [cluster.add_node(**_NODE) for _ in range(count)]
    print(cluster.address, file=said, flush=True)
    for line in sys.stdin:
        if line.strip() == "kill":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
        else:
            nodes.append(cluster.add_node(**_NODE))
        print("done", file=said, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
