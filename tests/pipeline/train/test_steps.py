"""Which samples make a step: every position once, shared by the processes without a gap."""

import pytest

from pipeline.train.steps import StepPlan
from tpsence.errors import InputError


def test_the_steps_of_an_epoch_take_each_position_once_and_drop_the_rest() -> None:
    plan = StepPlan(length=11, batch_size=3)
    assert plan.steps_per_epoch == 3
    positions = [position for step in range(6) for position in plan.positions(step)]
    assert positions == [(epoch, position) for epoch in (0, 1) for position in range(9)]


@pytest.mark.parametrize("world_size", [1, 2, 3, 6])
def test_the_shares_of_the_processes_are_the_batch(world_size: int) -> None:
    whole = StepPlan(length=20, batch_size=6)
    for step in (0, 2, 3, 100):
        shares = [
            StepPlan(length=20, batch_size=6, rank=rank, world_size=world_size).positions(step)
            for rank in range(world_size)
        ]
        assert [position for share in shares for position in share] == whole.positions(step)
        assert {len(share) for share in shares} == {6 // world_size}


def test_a_step_far_on() -> None:
    assert StepPlan(length=20, batch_size=6, rank=1, world_size=2).positions(3 * 7 + 2) == [(7, 15), (7, 16), (7, 17)]


def test_a_batch_may_be_the_data_set_but_not_more() -> None:
    assert StepPlan(length=20, batch_size=20).steps_per_epoch == 1
    with pytest.raises(InputError) as caught:
        StepPlan(length=20, batch_size=32)
    assert caught.value.message == "optim.batch_size 32 is larger than the data set (20 images)"
    assert caught.value.hint == "For example `set` optim.batch_size=20"


@pytest.mark.parametrize(("batch_size", "world_size"), [(3, 2), (0, 1), (2, 4), (-2, 2)])
def test_a_batch_that_cannot_be_shared_is_refused(batch_size: int, world_size: int) -> None:
    with pytest.raises(InputError, match=f"optim.batch_size {batch_size} cannot be shared evenly by {world_size}"):
        StepPlan(length=20, batch_size=batch_size, world_size=world_size)
