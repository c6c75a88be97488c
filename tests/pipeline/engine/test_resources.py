"""What a Ray cluster can be told, and what contradicts itself."""

from typing import Any

import pytest

from pipeline.engine.resources import EngineName, Resources
from tpsence.errors import InputError

RAY: dict[str, Any] = {"engine": EngineName.RAY}


@pytest.mark.parametrize(
    "values",
    [
        {"address": "auto"},
        {"address": "node-1.cluster:6379"},
        {"address": "[::1]:6379"},
        {"address": "ray://10.0.0.1:10001"},
        {"gpus_per_worker": 0.0},
        {"gpus_per_worker": 0.25},
        {"gpus_per_worker": 64.0, "device": "cuda"},
        {"gpus_per_worker": 0.0, "device": "cpu"},
        {"workers": 1},
        {"workers": 256},
    ],
)
def test_what_a_cluster_can_be_told_is_taken(values: dict[str, Any]) -> None:
    resources = Resources(**RAY, **values)
    assert {name: getattr(resources, name) for name in values} == values


@pytest.mark.parametrize("value", [-0.5, 1.5, 64.5, 65.0, float("nan"), float("inf")])
def test_gpus_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="`gpus_per_worker`: out of range") as refused:
        Resources(**RAY, gpus_per_worker=value)
    assert refused.value.hint == "Give 0 to 1, or a whole number up to 64."


@pytest.mark.parametrize("address", ["", "here", "node:", "node:x", "http://node:80", "ray://node", "a b:1", "a:1\n"])
def test_what_is_no_address_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match="no address of a Ray cluster") as refused:
        Resources(**RAY, address=address)
    assert refused.value.message.isprintable()
    assert refused.value.hint is not None
    for given in ("auto", "10.0.0.1:6379", "ray://host:10001"):
        assert given.partition(":")[0] in refused.value.hint
        Resources(**RAY, address=given)


@pytest.mark.parametrize(
    ("values", "message", "mended"),
    [
        ({"address": "auto"}, "`address` goes with `engine` ray", [{**RAY, "address": "auto"}, {}]),
        ({"gpus_per_worker": 0.0}, "`gpus_per_worker` goes with `engine` ray", [{**RAY, "gpus_per_worker": 0.0}, {}]),
        (
            {**RAY, "workers": 0},
            "`workers` 0 goes without `engine` ray",
            [{**RAY, "workers": 1}, {**RAY, "workers": None}],
        ),
        (
            {**RAY, "device": "cuda:1"},
            "`device` cuda:1: not with `engine` ray",
            [{**RAY, "device": device} for device in ("auto", "cpu", "cuda")],
        ),
        ({**RAY, "device": "mps\n"}, "`device` mps\\n: not with `engine` ray", [RAY]),
        (
            {**RAY, "device": "cpu", "gpus_per_worker": 1.0},
            "`gpus_per_worker` goes without `device` cpu",
            [{**RAY, "device": "cpu"}, {**RAY, "gpus_per_worker": 1.0}],
        ),
        (
            {**RAY, "device": "cuda", "gpus_per_worker": 0.0},
            "`gpus_per_worker` 0 goes without `device` cuda",
            [{**RAY, "device": "cuda"}, {**RAY, "device": "cpu", "gpus_per_worker": 0.0}],
        ),
    ],
)
def test_a_contradiction_is_refused_and_its_hint_works(
    values: dict[str, Any], message: str, mended: list[dict[str, Any]]
) -> None:
    with pytest.raises(InputError) as refused:
        Resources(**values)
    assert refused.value.message.startswith(message)
    assert refused.value.message.isprintable()
    assert refused.value.hint
    for values in mended:
        Resources(**values)


def test_workers_of_a_cluster_are_none_of_this_machine() -> None:
    assert Resources(workers=3).workers_here == 3
    assert Resources(**RAY, workers=3).workers_here is None
