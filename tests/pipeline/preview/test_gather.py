"""What is told of the pictures that a preview shows."""

from pipeline.labels.interface import LabelledObject
from pipeline.preview import gather


def test_of_the_boxes_the_largest_are_drawn_the_largest_first() -> None:
    sides = [3, 9, 1, 7, *[2] * gather.MOST_BOXES]
    objects = [LabelledObject(f"of {side}", (0.0, 0.0, float(side), float(side))) for side in sides]
    outside = [LabelledObject("outside", (20.0, 0.0, 30.0, 9.0)), LabelledObject("nowhere", None)]
    found = gather.boxes_of([*outside, *objects], (10, 10))
    assert len(found) == gather.MOST_BOXES
    assert [one.category for one in found[:5]] == ["of 9", "of 7", "of 3", "of 2", "of 2"]
    assert "of 1" not in {one.category for one in found}
