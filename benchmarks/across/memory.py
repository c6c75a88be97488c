"""Whose memory a run takes: its main process's, its relay's, the workers', and what Ray needs itself.

All of it is resident memory in megabytes; what several processes share counts in each. Needs psutil.
"""

from collections.abc import Mapping

import psutil

ROLES = ("main", "relay", "workers", "ray")
"""The main process; what it has started itself; the workers; all other processes of Ray."""
_WORKER = "ray::MapWorker"
"""How the name begins that Ray Data gives to the processes of a pool of actors."""


def memory_by_role(main: psutil.Process) -> dict[str, float]:
    """Return the memory in MB of a process and of all that were started by it, by ``ROLES``.

    Processes that have just ended count nothing.
    """
    found = dict.fromkeys(ROLES, 0.0)
    try:
        started = main.children(recursive=True)
        found["main"] = main.memory_info().rss / 1e6
    except psutil.Error:
        return found
    for process in started:
        try:
            found[_role(process, main.pid)] += process.memory_info().rss / 1e6
        except psutil.Error:
            continue
    return found


def highest(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Return the larger of two memories, role by role."""
    return {role: max(first[role], second[role]) for role in ROLES}


def _role(process: psutil.Process, main: int) -> str:
    """Tell which role a process has that a main process has started, itself or by others."""
    if process.ppid() == main:
        return "relay"
    title = next(iter(process.cmdline()), "")
    return "workers" if title.startswith(_WORKER) else "ray"
