"""What a checkpoint says is compared with what a run has before it takes it over: torch takes nearly anything."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tpsence.untrusted import is_plain

_MOMENTS = ("exp_avg", "exp_avg_sq")
"""Adam's means, each of the shape of its parameter."""


def refuse_other_form(own: object, given: object, where: str) -> None:
    """Refuse a value that is not of the form of another: the same keys, lengths, shapes and kinds of values.

    Args:
        own: What the run has.
        given: What the checkpoint has.
        where: Its place in the checkpoint, for the message.

    Raises:
        ValueError: It is of another form, or a number is not finite.
    """
    if isinstance(own, Tensor):
        _refuse_other_tensor(own, given, where)
    elif isinstance(own, Mapping):
        if not isinstance(given, Mapping) or set(given) != set(own):
            raise ValueError(f"{where} has other keys")
        for key, value in own.items():
            refuse_other_form(value, given[key], f"{where}.{key}")
    elif isinstance(own, list | tuple):
        if not isinstance(given, list | tuple) or len(given) != len(own):
            raise ValueError(f"{where} has another length")
        for index, pair in enumerate(zip(own, given, strict=True)):
            refuse_other_form(*pair, f"{where}.{index}")
    elif isinstance(own, int | float) and not isinstance(own, bool):
        if not isinstance(given, int | float) or isinstance(given, bool) or not -_LARGEST < given < _LARGEST:
            raise ValueError(f"{where} is no number that can be used")
    elif type(given) is not type(own):
        raise ValueError(f"{where} is of another kind")


_LARGEST = 1e18
"""Beyond any count of steps and any rate; neither infinite nor no number is below it."""


def known_part(own: Mapping[str, Any], given: Mapping[str, Any], needed: Sequence[str], where: str) -> dict[str, Any]:
    """Return what a checkpoint has of a mapping whose keys depend on the version of torch.

    Args:
        own: What the run has.
        given: What the checkpoint has; keys that the run does not have are left out.
        needed: Keys that must be there.
        where: Its place in the checkpoint, for the message.

    Raises:
        KeyError: A key is not there.
        ValueError: A value is of another form.
    """
    kept = {key: given[key] for key in own if key in given or key in needed}
    refuse_other_form({key: own[key] for key in kept}, kept, where)
    return kept


def refuse_other_moments(name: str, optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Refuse a state of Adam whose means are not of the shapes of its parameters, or that has odd settings.

    Args:
        name: Of the network.
        optimizer: Its optimizer.
        state: What it is to take over.

    Raises:
        KeyError: Something is missing.
        ValueError: It is of another network. One that has not learned yet has no means at all.
    """
    where, own = f"the optimizer state of the {name}", optimizer.state_dict()
    if len(state["param_groups"]) != len(own["param_groups"]):
        raise ValueError(f"{where} is of another network")
    for one, other in zip(own["param_groups"], state["param_groups"], strict=True):
        known_part(one, other, ("lr", "betas", "params"), where)
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    numbers = [number for group in state["param_groups"] for number in group["params"]]
    moments = state["state"]
    if numbers != list(range(len(parameters))) or set(moments) not in (set(), set(numbers)):
        raise ValueError(f"{where} is of another network")
    for number, parameter in enumerate(parameters if moments else ()):
        if any(moments[number][key].shape != parameter.shape for key in _MOMENTS):
            raise ValueError(f"{where} is of another network")
        wanted = {"step": torch.zeros(()), **dict.fromkeys(_MOMENTS, parameter)}
        refuse_other_form(wanted, known_part(wanted, moments[number], tuple(wanted), where), where)


def _refuse_other_tensor(own: Tensor, given: object, where: str) -> None:
    """Refuse what is no plain tensor of the same shape and kind, or holds values that are not finite."""
    if not isinstance(given, Tensor) or not is_plain(given):
        raise ValueError(f"{where} is no plain tensor")
    if given.shape != own.shape or given.dtype != own.dtype:
        kinds = [f"{tuple(one.shape)} {str(one.dtype).removeprefix('torch.')}" for one in (given, own)]
        raise ValueError(f"{where} is {kinds[0]} instead of {kinds[1]}")
    if not bool(torch.isfinite(given).all()):
        raise ValueError(f"{where} holds values that are not finite numbers")
