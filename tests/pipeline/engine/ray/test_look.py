"""What is refused before anything is started, and what each worker works on."""

from typing import Any

import pytest
import torch

from pipeline.engine.place import Place, place_of
from pipeline.engine.ray import look
from pipeline.engine.ray.messages import Facts
from pipeline.engine.resources import EngineName, Precision, Resources
from tpsence.errors import InputError

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has two cores and no GPU."""
    monkeypatch.setattr(look, "available_cores", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def place(precision: Precision = Precision.AUTO, **told: Any) -> Place:  # noqa: ANN401 (settings of any type)
    return place_of(Resources(engine=EngineName.RAY, **told), precision)


def test_this_machine_is_looked_at_where_there_is_no_address() -> None:
    assert place(workers=2) == Place(device=CPU, precision=Precision.FP32, is_here=False)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"workers": 3}, "`workers` 3: there is room for 2 on this machine"),
        ({"gpus_per_worker": 0.5}, "`gpus_per_worker` 0.5: this machine has no GPU"),
        ({"device": "cuda"}, "`device` cuda: not on this machine"),
    ],
)
def test_more_than_this_machine_has_is_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        place(**told)
    assert caught.value.message == message


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clusters that were asked what they have: no GPUs, where their port is 1."""
    clusters: list[str] = []

    def facts(address: str, *, asks_bf16: bool) -> Facts:
        clusters.append(address)
        return Facts(gpus=0 if address.endswith(":1") else 8, has_bf16=asks_bf16 and not address.startswith("old"))

    monkeypatch.setattr(look, "refuse_deaf", lambda address: None)
    monkeypatch.setattr(look, "_facts", facts)
    return clusters


@pytest.mark.parametrize("told", [{"device": "cpu"}, {"gpus_per_worker": 0}])
def test_a_cluster_is_not_asked_for_gpus_that_are_not_wanted(asked: list[str], told: dict[str, Any]) -> None:
    assert place(address="there:8", workers=30, **told).device == CPU
    assert asked == []


def test_a_cluster_is_asked(asked: list[str]) -> None:
    assert place(address="there:8", workers=30) == Place(device=CUDA, precision=Precision.BF16, is_here=False)
    assert place(address="there:1").device == CPU
    assert asked == ["there:8", "there:1"]


@pytest.mark.parametrize(("name", "value"), [("device", "cuda"), ("gpus_per_worker", 1)])
def test_a_cluster_without_gpus_is_refused_where_they_are_wanted(asked: list[str], name: str, value: object) -> None:
    told: dict[str, Any] = {"address": "there:1", name: value}
    with pytest.raises(InputError, match=r"^`address` there:1: no node has a GPU") as caught:
        place(**told)
    assert caught.value.hint == f"Leave `{name}` out."


@pytest.mark.parametrize("told", [{}, {"device": "cpu"}])
def test_a_cluster_that_is_not_there_is_refused_before_the_job_is_prepared(told: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no connection to a Ray cluster"):
        place(address="127.0.0.1:0", **told)


@pytest.mark.parametrize(
    ("address", "told", "expected"),
    [
        ("new:8", Precision.AUTO, Precision.BF16),
        ("old:8", Precision.AUTO, Precision.FP32),
        ("new:8", Precision.FP16, Precision.FP16),
    ],
)
def test_gpus_of_a_cluster_are_used_in_their_arithmetic(
    asked: list[str], address: str, told: Precision, expected: Precision
) -> None:
    assert place(told, address=address) == Place(device=CUDA, precision=expected, is_here=False)
    assert asked == [address]
