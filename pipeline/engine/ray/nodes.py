"""How many workers a cluster takes, and how many cores each of them gets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tpsence.errors import InputError

CORES_EACH = 2
"""Cores of a worker without a GPU, where the nodes have them and nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of a cluster that is alive."""

    id: str
    name: str
    """What a user calls it: the name of its machine and its address."""
    cores: float
    """As Ray counts them."""
    gpus: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What each worker gets."""

    workers: int
    """Workers that find a place now."""
    most: int
    """Workers that there may be when nodes are added."""
    cores: int
    """Cores of each."""


def shares_of(nodes: Sequence[Node], workers: int | None, gpus_each: float, *, can_grow: bool) -> Shares:
    """Share a cluster out.

    Args:
        nodes: Those that are alive.
        workers: Number of workers that is wanted, or None to choose.
        gpus_each: GPUs of each worker, 0 for none.
        can_grow: Whether nodes may be added later.

    Raises:
        InputError: There is no place for so many, or for any.
    """
    cores = _cores_beside_gpus(nodes, gpus_each) if gpus_each else _cores_each(nodes, workers)
    places = sum(_places(node, cores, gpus_each) for node in nodes)
    if not places:
        has = f"{sum(node.cores for node in nodes):g} cores, {sum(node.gpus for node in nodes):g} GPUs"
        wants = f"{gpus_each:g} GPUs" if gpus_each else "a core"
        message = f"no node of the Ray cluster has room for a worker, which wants {wants}: all nodes have {has}"
        raise InputError(message, "Give `device` cpu or a smaller `gpus_per_worker`, or add nodes.")
    if workers is not None and workers > places and not can_grow:
        raise InputError(f"`workers` {workers}: there is room for {places} on this machine", f"Give at most {places}.")
    wanted = places if workers is None else workers
    return Shares(workers=min(wanted, places), most=wanted, cores=cores)


def _places(node: Node, cores: int, gpus_each: float) -> int:
    """Return how many workers find a place on a node."""
    places = math.floor(node.cores / cores)
    return min(places, _gpu_places(node, gpus_each)) if gpus_each else places


def _gpu_places(node: Node, gpus_each: float) -> int:
    """Return how many workers find GPUs on a node: several share one, or each has whole ones."""
    if gpus_each < 1:
        return math.floor(node.gpus) * math.floor(1 / gpus_each + 1e-6)
    return math.floor(node.gpus / gpus_each)


def _cores_beside_gpus(nodes: Sequence[Node], gpus_each: float) -> int:
    """Return the cores that every worker can have beside its GPUs; a node without cores has none."""
    shares = [node.cores / places for node in nodes if node.cores >= 1 and (places := _gpu_places(node, gpus_each))]
    return max(1, math.floor(min(shares, default=1)))


def _cores_each(nodes: Sequence[Node], workers: int | None) -> int:
    """Return the most cores that so many workers can have each."""
    largest = math.floor(max((node.cores for node in nodes), default=1))
    if workers is None:
        return max(1, min(CORES_EACH, largest))
    fitting = (cores for cores in range(largest, 1, -1) if sum(node.cores // cores for node in nodes) >= workers)
    return next(fitting, 1)
