"""The relay: a process that is Ray's driver and passes on what the main process and the conductor say."""

import pickle
import shutil
import signal
import threading
import time
from contextlib import ExitStack, nullcontext, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import ray

from pipeline.engine.ray.cluster import connected, have_bf16, head, nodes, on, refuse_blind_nodes
from pipeline.engine.ray.conductor import Conductor, News
from pipeline.engine.ray.dataset import Pool
from pipeline.engine.ray.messages import (
    Broken,
    Cluster,
    Connect,
    Ended,
    Facts,
    FromRelay,
    Job,
    Look,
    Portion,
    Ready,
    Refused,
    Result,
    State,
    Stop,
    Wanted,
)
from pipeline.engine.ray.nodes import Shares, shares_of
from pipeline.engine.ray.waiting import not_for_ever
from tpsence.errors import InputError, first_line

_THREADS = 64
"""Calls that the conductor takes at a time: those of workers are short."""
_SECONDS_BETWEEN_STATES = 2.0
_SECONDS_WITHOUT_NEWS = 60.0


def main(connection_number: int, folder: str) -> None:
    """Do what the main process asks for, and end.

    Args:
        connection_number: Descriptor of the connection to it.
        folder: For what a cluster writes that is started here; it is the main process's, which may end before.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the main process deals with these
    connection = Connection(connection_number)
    try:
        answer = _answer(connection, Path(folder))
    except InputError as error:
        answer = Refused(message=error.message, hint=error.hint or "")
    except (EOFError, BrokenPipeError):  # the main process has ended
        return
    except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
        answer = Broken(reason="the node that leads the run was lost, or does not answer")
    except Exception as error:
        answer = Broken(reason=first_line(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        connection.send(answer)


def _answer(connection: Connection, folder: Path) -> FromRelay:
    """Do what the first message asks for, and return the last word about it."""
    asked: Look | Connect = connection.recv()
    address = asked.cluster.address
    if address is not None:
        folder.rmdir()  # not needed; where the head is lost Ray may end this process before anyone removes it
    with ExitStack() as stack:
        with not_for_ever(connection, address) if address else nullcontext():
            room = asked.room if isinstance(asked, Connect) else 0
            stack.enter_context(connected(asked.cluster, folder, room))
        if isinstance(asked, Look):
            return _facts(asks_bf16=asked.asks_bf16)
        _work(connection, asked)
    return Ended()


def _facts(*, asks_bf16: bool) -> Facts:
    """Return what the cluster has.

    Args:
        asks_bf16: Find out whether its GPUs compute in bfloat16.

    Raises:
        InputError: No GPU was free to be asked.
    """
    there = nodes()
    gpus = sum(node.gpus for node in there)
    return Facts(gpus=gpus, has_bf16=bool(gpus) and asks_bf16 and have_bf16(there))


def _work(connection: Connection, asked: Connect) -> None:
    """Run a job."""
    there = nodes()
    shares = _shares(asked.cluster)
    lead: Any = ray.remote(num_cpus=0, max_concurrency=_THREADS, scheduling_strategy=on(head(there)))(Conductor)
    conductor = lead.remote()  # it starts while the nodes are asked
    places = pickle.dumps(asked.places)
    refuse_blind_nodes(there, places)
    connection.send(Ready(nodes=len(there), workers=shares.most))
    job: Job = connection.recv()
    pool = Pool(
        workers=shares.workers,
        most=shares.most,
        cores_each=shares.cores,
        gpus_each=asked.cluster.gpus_each,
        places=places,
    )
    content = ray.put([np.frombuffer(part, np.uint8) for part in job.content])  # arrays are read without a copy
    ray.get(conductor.start.remote(pool, [content], job.portions))
    threading.Thread(target=_listen, args=(connection, conductor), daemon=True).start()
    _tell(connection, conductor)


def _shares(cluster: Cluster) -> Shares:
    """Share the cluster out.

    Raises:
        InputError: There is no place for a worker.
    """
    return shares_of(nodes(), cluster.workers, cluster.gpus_each, can_grow=cluster.address is not None)


def _listen(connection: Connection, conductor: Any) -> None:  # noqa: ANN401 (a handle of Ray's)
    """Pass on what the main process says, until it has ended; then nothing can be told to it, which ends all."""
    with suppress(EOFError, OSError):
        while True:
            message = connection.recv()
            if isinstance(message, Portion):
                conductor.deliver.remote(message.number, message.batches)
            elif isinstance(message, Stop):
                conductor.stop.remote()


def _tell(connection: Connection, conductor: Any) -> None:  # noqa: ANN401 (as above)
    """Pass on what the conductor says, until the job has ended.

    Raises:
        RuntimeError: Ray has failed.
    """
    told = 0.0
    while True:
        news: News = ray.get(conductor.news.remote(), timeout=_SECONDS_WITHOUT_NEWS)
        if time.monotonic() - told > _SECONDS_BETWEEN_STATES:
            told = time.monotonic()
            connection.send(State(nodes=len(nodes()), busy=news.busy))
        for content in news.results:
            connection.send(Result(content=content))
        for number in news.wanted:
            connection.send(Wanted(number=number))
        if news.problem:
            raise RuntimeError(news.problem)
        if news.has_ended:
            return
