"""The count of what became of pictures."""

from pipeline.engine.events import Done, How
from pipeline.engine.tally import Tally
from pipeline.images.skips import Reason, Skip


def test_each_outcome_is_counted_and_what_is_only_said_is_none() -> None:
    tally, skip = Tally(), Skip("d.png", Reason.UNREADABLE, "empty")
    said = Done(count=0, text="3 nodes, starting 4 workers")
    for outcome in (said, Done(name="a.png"), Done(how=How.KEPT), said, Done(how=How.REUSED), skip, Done()):
        tally.add(outcome)
    assert tally == Tally(pictures=5, made=2, kept=1, reused=1, skips=[skip])
