"""Where the work of a job will run, found out before it is prepared."""

from functools import cache

import torch

from pipeline.engine.cores import available_cores
from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.place import Place
from pipeline.engine.ray.messages import Cluster, Facts, Look
from pipeline.engine.ray.nodes import Node, shares_of
from pipeline.engine.ray.reachable import refuse_deaf
from pipeline.engine.ray.relay_process import relay
from pipeline.engine.resources import Precision, Resources
from pipeline.errors import RunError
from tpsence.errors import InputError


def ray_place(resources: Resources, precision: Precision) -> Place:
    """Return what each worker works on. Where there is no address that is this machine's, and nothing is started.

    Args:
        resources: How the work is done.
        precision: As it was told.

    Raises:
        InputError: The cluster is not there, has no GPU where one was asked for, or, on this machine, no room.
    """
    if resources.address is None:
        return _place_here(resources, precision)
    refuse_deaf(resources.address)
    if _is_without_gpus(resources):
        return _place(torch.device("cpu"), precision)
    facts = _facts(resources.address, asks_bf16=precision is Precision.AUTO)
    if facts.gpus:
        chosen = (Precision.BF16 if facts.has_bf16 else Precision.FP32) if precision is Precision.AUTO else precision
        return Place(device=torch.device("cuda"), precision=chosen, is_here=False)
    if resources.device == "cuda" or resources.gpus_per_worker:
        asked = "device" if resources.device == "cuda" else "gpus_per_worker"
        raise InputError(f"`address` {resources.address}: no node has a GPU", f"Leave `{asked}` out.")
    return _place(torch.device("cpu"), precision)


def cluster_of(resources: Resources, device: torch.device) -> Cluster:
    """Return where the work is to run.

    Args:
        resources: How it is done.
        device: What each worker works on.
    """
    told = resources.gpus_per_worker
    gpus = 0.0 if device.type == "cpu" else 1.0 if told is None else told
    return Cluster(address=resources.address, workers=resources.workers, gpus_each=gpus)


def _is_without_gpus(resources: Resources) -> bool:
    """Tell whether no GPU is wanted."""
    return resources.device == "cpu" or resources.gpus_per_worker == 0


def _place_here(resources: Resources, precision: Precision) -> Place:
    """Return what the workers of a cluster of this machine's own work on.

    Raises:
        InputError: There is no GPU where one was asked for, or no room for so many workers.
    """
    device = torch.device("cpu") if _is_without_gpus(resources) else choose_device(resources.device)
    if device.type != "cuda":
        device = torch.device("cpu")
        if resources.gpus_per_worker:
            hint = "Leave `gpus_per_worker` out, or give the `address` of a cluster that has GPUs."
            raise InputError(f"`gpus_per_worker` {resources.gpus_per_worker:g}: this machine has no GPU", hint)
    gpus = torch.cuda.device_count() if device.type == "cuda" else 0
    here = Node(id="", name="", cores=available_cores(), gpus=gpus)
    shares_of([here], resources.workers, cluster_of(resources, device).gpus_each, can_grow=False)
    return _place(device, precision)


def _place(device: torch.device, precision: Precision) -> Place:
    """Return a place of the kind of this machine's."""
    return Place(device=torch.device(device.type), precision=choose_precision(precision, device), is_here=False)


@cache
def _facts(address: str, *, asks_bf16: bool) -> Facts:
    """Ask a cluster what it has, once: the stages of a chain ask each for itself.

    Args:
        address: Of the cluster.
        asks_bf16: As in ``Look``.

    Raises:
        InputError: There is no connection to it.
    """
    cluster = Cluster(address=address, workers=None, gpus_each=0.0)
    try:
        with relay() as there:
            there.send(Look(cluster=cluster, asks_bf16=asks_bf16))
            while True:
                message = there.receive(1.0)
                if isinstance(message, Facts):
                    return message
    except RunError as error:
        raise InputError(error.message, error.hint) from error
