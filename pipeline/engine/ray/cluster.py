"""The connection to a cluster: one of this machine's own, or one that is there; what its nodes have and see."""

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.engine.cores import available_cores
from pipeline.engine.ray import arrival
from pipeline.engine.ray.messages import Cluster
from pipeline.engine.ray.nodes import Node
from pipeline.engine.ray.reachable import CLIENT, unreachable
from tpsence import __version__
from tpsence.errors import InputError, first_line

_LEAST_ROOM = 128 * 2**20
_SECONDS_FOR_A_NODE, _SECONDS_FOR_A_GPU = 120.0, 60.0


@contextmanager
def connected(cluster: Cluster, folder: Path, room: int = 0) -> Iterator[None]:
    """Connect to a cluster, or start one that ends with this.

    Args:
        cluster: Which.
        folder: For what one that is started writes; its path is short.
        room: Bytes that are about to be kept in the object store of one that is started.

    Raises:
        InputError: It is not there, or another version of Ray or Python.
    """
    ray.cloudpickle.register_pickle_by_value(arrival)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not (cluster.address or "").startswith(CLIENT):  # which takes no functions
        quiet["runtime_env"] = {"worker_process_setup_hook": arrival.own_packages_first}
    if cluster.address is None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # Without one Ray leaves a token in the user's home, and clusters that are started later want it, too.
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        ray.init(
            "local",
            num_cpus=available_cores(),
            include_dashboard=False,
            object_store_memory=_LEAST_ROOM + 2 * room,
            _temp_dir=str(folder),
            **quiet,
        )
        try:
            yield
        finally:
            ray.shutdown()
        return
    try:
        ray.init(cluster.address, **quiet)
    except Exception as error:
        raise unreachable(cluster.address, str(error) or type(error).__name__) from error
    try:
        yield
    finally:
        ray.shutdown()


def nodes() -> list[Node]:
    """Return the nodes that are alive."""
    return [
        Node(
            id=node["NodeID"],
            name=f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})",
            cores=node["Resources"].get("CPU", 0.0),
            gpus=node["Resources"].get("GPU", 0.0),
        )
        for node in ray.nodes()
        if node["Alive"]
    ]


def head(there: Sequence[Node]) -> Node:
    """Return the node on which is placed what belongs to no worker: the one whose loss ends the run anyway."""
    heads = {node["NodeID"] for node in ray.nodes() if "node:__internal_head__" in node["Resources"]}
    return next((node for node in there if node.id in heads), there[0])


def on(node: Node) -> Any:  # noqa: ANN401 (a strategy of Ray's)
    """Return the strategy that places something on a node and on no other."""
    return NodeAffinitySchedulingStrategy(node.id, soft=False)


def refuse_blind_nodes(there: Sequence[Node], places: bytes) -> None:
    """Refuse nodes that could have a worker and do not see what they have to.

    Args:
        there: The nodes.
        places: What they have to see: a ``messages.Places``, pickled.

    Raises:
        InputError: One does not, or has no tpsence of this version; the head must have that too.
    """
    look = ray.remote(num_cpus=0, max_retries=0)(arrival.faults_of_node)
    leads = head(there)
    asked = []
    for node in there:
        has_workers = bool(node.cores or node.gpus)
        if has_workers or node is leads:
            answer = look.options(scheduling_strategy=on(node)).remote(__version__, places if has_workers else None)
            asked.append((node, answer))
    for node, answer in asked:
        if fault := _answer_of(node, answer):
            raise InputError(f"node {node.name} {fault[0]}", fault[1])


def _answer_of(node: Node, answer: Any) -> tuple[str, str] | None:  # noqa: ANN401 (a reference of Ray's)
    """Return what is wrong with a node that was asked, and what to do about it; nothing with one that is lost."""
    try:
        fault: tuple[str, str] | None = ray.get(answer, timeout=_SECONDS_FOR_A_NODE)
    except ray.exceptions.GetTimeoutError:
        return "does not answer", "See ray status, and the logs of Ray there."
    except ray.exceptions.RayError as error:
        if node.id not in {one.id for one in nodes()}:
            return None
        return f"cannot be looked at: {first_line(error)}", "See the logs of Ray there."
    return fault


def have_bf16(there: Sequence[Node]) -> bool:
    """Tell whether all GPUs compute in bfloat16: of each node one that is free is asked.

    Raises:
        InputError: None is free for a minute.
    """
    probe = ray.remote(num_cpus=0, max_retries=0)(arrival.has_bf16)
    asked = [
        probe.options(num_gpus=min(1.0, node.gpus), scheduling_strategy=on(node)).remote()
        for node in there
        if node.gpus
    ]
    answered, _ = ray.wait(asked, num_returns=len(asked), timeout=_SECONDS_FOR_A_GPU)
    if not answered:
        message = f"no GPU of the Ray cluster was free for {_SECONDS_FOR_A_GPU:g} s, to be asked for its arithmetic"
        raise InputError(message, "Give `precision` bf16 or fp32, or wait until one is free.")
    return all(map(_says_yes, answered))


def _says_yes(answer: Any) -> bool:  # noqa: ANN401 (as above)
    """Tell whether a node has answered yes; what ails one that cannot is found out when its worker starts."""
    try:
        return bool(ray.get(answer))
    except ray.exceptions.RayError:
        return False
