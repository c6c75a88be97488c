"""What is read of a picture before the networks see it."""

from collections.abc import Callable
from pathlib import Path

from pipeline.engine.tasks import Action, Task
from pipeline.evaluate.features.sizes import Fixed
from pipeline.evaluate.reading import Asked, Measured, Reading


def test_a_copy_is_compared_with_its_source_also_where_another_picture_has_its_name(
    tmp_path: Path, paint: Callable[..., Path]
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for file, seed in ((before / "a.png", 1), (before / "a_2.png", 2), (after / "a_2.png", 1)):
        paint(file, seed=seed)
    reading = Reading(
        before=before,
        after=after,
        max_pixels=10**6,
        sizes=Fixed((8, 8)),
        prepare=None,
        keeps_pixels=False,
        colour_classes=(),
    )
    task = Task("a_2.png", "a_2.png", Action.TRANSLATE, None, "a.png", 2)
    found = reading(Asked(task, (), is_seen=False))
    assert isinstance(found, Measured)
    assert found.hue.change == 0
