"""How many workers a cluster takes, and what each of them gets."""

import pytest

from pipeline.engine.ray.nodes import Node, Shares, shares_of
from tpsence.errors import InputError


def cluster(*nodes: tuple[float, float]) -> list[Node]:
    return [
        Node(id=str(place), name=f"gpu-{place} (10.0.0.{place})", cores=cores, gpus=gpus)
        for place, (cores, gpus) in enumerate(nodes)
    ]


@pytest.mark.parametrize(
    ("nodes", "workers", "gpus_each", "expected"),
    [
        # One machine with eight GPUs.
        ([(64, 8)], None, 1.0, (8, 8)),
        ([(64, 8)], 4, 1.0, (4, 8)),
        # Two workers share a GPU; one has two.
        ([(64, 8)], None, 0.5, (16, 4)),
        ([(64, 8)], None, 2.0, (4, 16)),
        ([(16, 1)], None, 0.1, (10, 1)),
        # A share is of one GPU, never the rests of two.
        ([(12, 3)], None, 0.7, (3, 4)),
        ([(12, 2)], None, 0.6, (2, 6)),
        ([(12, 1)], None, 0.3333, (3, 4)),
        # A head without GPUs has no worker; the node with fewest cores for each GPU decides.
        ([(8, 0), (64, 8), (16, 4)], None, 1.0, (12, 4)),
        # A node with GPUs and no cores has no worker either, and takes none from the others.
        ([(0, 8), (64, 8)], None, 1.0, (8, 8)),
        # Fewer cores than GPUs.
        ([(4, 8)], None, 1.0, (4, 1)),
        # Without GPUs: two cores each, one where a node has no more.
        ([(2, 0)], None, 0.0, (1, 2)),
        ([(16, 0), (7, 0)], None, 0.0, (11, 2)),
        ([(1, 0), (1, 0), (1, 0)], None, 0.0, (3, 1)),
        # So many as are wanted, with as many cores as they can have.
        ([(2, 0)], 1, 0.0, (1, 2)),
        ([(2, 0)], 2, 0.0, (2, 1)),
        ([(3, 0), (3, 0)], 3, 0.0, (3, 1)),
        ([(16, 0), (16, 0)], 4, 0.0, (4, 8)),
        ([(0, 0), (8, 0)], 2, 0.0, (2, 4)),
    ],
)
def test_cores_and_gpus_are_shared_out(
    nodes: list[tuple[float, float]], workers: int | None, gpus_each: float, expected: tuple[int, int]
) -> None:
    found = shares_of(cluster(*nodes), workers, gpus_each, can_grow=False)
    assert (found.workers, found.cores) == expected
    assert found.most == found.workers


def test_a_cluster_that_can_grow_gets_workers_for_the_nodes_that_will_come() -> None:
    found = shares_of(cluster((8, 1)), 20, 1.0, can_grow=True)
    assert found == Shares(workers=1, most=20, cores=8)


def test_too_many_workers_for_this_machine_are_refused_and_the_hint_works() -> None:
    with pytest.raises(InputError, match="`workers` 5: there is room for 2 on this machine") as caught:
        shares_of(cluster((2, 0)), 5, 0.0, can_grow=False)
    assert caught.value.hint == "Give at most 2."
    assert shares_of(cluster((2, 0)), 2, 0.0, can_grow=False).workers == 2


@pytest.mark.parametrize("can_grow", [False, True])
def test_a_cluster_without_room_for_one_worker_is_refused(can_grow: bool) -> None:
    with pytest.raises(
        InputError, match="no node of the Ray cluster has room for a worker, which wants 2 GPUs"
    ) as caught:
        shares_of(cluster((8, 1), (8, 1)), None, 2.0, can_grow=can_grow)
    assert "smaller `gpus_per_worker`" in (caught.value.hint or "")
    assert shares_of(cluster((8, 1), (8, 1)), None, 1.0, can_grow=can_grow).workers == 2
