"""Which nodes are asked what, without a cluster; ``test_cluster.py`` has one that answers."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import ray

from pipeline.engine.ray import cluster
from pipeline.engine.ray.cluster import have_bf16, refuse_blind_nodes
from pipeline.engine.ray.nodes import Node
from tpsence import __version__
from tpsence.errors import InputError

Asked = list[tuple[Any, ...]]


def node(name: str, cores: float, gpus: float = 0.0) -> Node:
    return Node(id=name, name=name[0], cores=cores, gpus=gpus)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The nodes that are asked, each with what it is asked; the head is called h1."""
    found: Asked = []

    class Remote:
        def options(self, *, scheduling_strategy: str, **more: object) -> "Remote":
            found.append((scheduling_strategy, *more.values()))
            return self

        def remote(self, *arguments: object) -> str:
            found[-1] = (*found[-1], *arguments)
            return str(found[-1][0])

    def answered(asked: list[str], **_: object) -> tuple[list[str], list[str]]:
        return [one for one in asked if not one.startswith("busy")], []

    def answer(of: str, timeout: float = 0.0) -> object:
        if of.startswith("lost"):
            raise ray.exceptions.RayError("lost")
        return {"old": ("is old", "Mend it."), "yes": True, "no": False}.get(of)

    stand_in = SimpleNamespace(
        remote=lambda **_: lambda function: Remote(),
        nodes=lambda: [{"NodeID": "h1", "Resources": {"node:__internal_head__": 1.0}}],
        get=answer,
        wait=answered,
        exceptions=ray.exceptions,
    )
    monkeypatch.setattr(cluster, "ray", stand_in)
    monkeypatch.setattr(cluster, "nodes", lambda: [node("lost but alive", 1)])
    monkeypatch.setattr(cluster, "on", lambda node: node.id)
    return found


def test_every_node_is_asked_two_of_one_name_too_and_the_head_without_cores_for_its_version_alone(asked: Asked) -> None:
    refuse_blind_nodes([node("a1", 1), node("a2", 0, 1), node("h1", 0), node("idle", 0), node("lost", 1)], b"places")
    assert asked == [
        ("a1", __version__, b"places"),
        ("a2", __version__, b"places"),
        ("h1", __version__, None),
        ("lost", __version__, b"places"),
    ]


@pytest.mark.parametrize(
    ("name", "expected"), [("old", "node o is old"), ("lost but alive", "node l cannot be looked at: lost")]
)
def test_a_fault_names_its_node(asked: Asked, name: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        refuse_blind_nodes([node("a1", 1), node(name, 1)], b"places")
    assert caught.value.message == expected


def gpus(*names: str) -> Callable[[], bool]:
    return lambda: have_bf16([*(node(name, 1, 4) for name in names), node("a1", 1)])


def test_all_gpus_have_to_compute_in_bfloat16_those_that_are_free_tell(asked: Asked) -> None:
    assert gpus("yes")()
    assert asked == [("yes", 1.0)]
    assert not gpus("yes", "no")()
    assert not gpus("yes", "lost")()
    assert gpus("yes", "busy")()
    with pytest.raises(InputError, match="no GPU of the Ray cluster was free for 60 s") as caught:
        gpus("busy", "busy too")()
    assert "`precision`" in (caught.value.hint or "")
