"""What the main process and the relay say to each other. Importing this module is quick: it needs no Ray and no torch.

Plain values alone, and pickles of the main process's own that the relay passes on as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the work is to run."""

    address: str | None
    """``auto``, ``host:port``, ``ray://host:port``, or None for a cluster of this machine's own."""
    workers: int | None
    """Number of workers, or None to choose."""
    gpus_each: float
    """GPUs of each worker, 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Main: tell what the cluster has."""

    cluster: Cluster
    asks_bf16: bool
    """Whether its GPUs compute in bfloat16 is to be found out, on one of each node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Relay: what the cluster has."""

    gpus: float
    """GPUs of all nodes."""
    has_bf16: bool
    """Whether they compute in bfloat16; False where that was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What every node has to see."""

    out: Path
    """The output folder, absolute; there is a file ``marker`` in it that holds ``token``."""
    marker: str
    """POSIX path below it."""
    token: str
    root: Path
    """The folder of the inputs, absolute."""
    beside: Sequence[Path]
    """Other folders that are read, absolute."""
    sample: str
    """POSIX path of an input below it, or empty where there is none to look for."""
    sample_size: int
    """Its size in bytes."""
    tag: str = ""
    """Of the shard; what a kill leaves in the output folder is found by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Main: connect, and find out whether the nodes see what they have to."""

    cluster: Cluster
    places: Places
    room: int
    """Bytes that are about to be kept in the object store of a cluster of this machine's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Relay: it is connected, and every node sees what it has to."""

    nodes: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Main: what is to be done."""

    content: Sequence[bytes]
    """A pickled ``jobs.SentJob``, and its buffers."""
    portions: int
    """Portions of the plan, numbered from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Relay: a portion of the plan is asked for."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Main: a portion of the plan."""

    number: int
    batches: Sequence[tuple[int, bytes]]
    """The number of each batch, and its pickled tasks."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Main: what is in flight is to be finished, and no more begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Relay: a batch has come back."""

    content: bytes
    """A pickled ``jobs.BatchResult``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Relay: how the cluster is."""

    nodes: int
    """Nodes that are alive."""
    busy: int
    """Workers that have a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Relay: it cannot be done, for a reason that the user can mend."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Relay: Ray has failed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Relay: all batches have come back, or those that had begun before a stop."""


ToRelay = Look | Connect | Job | Portion | Stop
FromRelay = Facts | Ready | Wanted | Result | State | Refused | Broken | Ended
