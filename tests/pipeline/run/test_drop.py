"""What is dropped of pictures that are others now."""

from collections.abc import Callable
from pathlib import Path

from pipeline.augment.finished import finished_run
from pipeline.augment.job import augment
from pipeline.augment.options import AugmentOptions
from pipeline.engine.events import Finished
from pipeline.run.drop import drop_pictures


def run(options: AugmentOptions) -> tuple[int, int]:
    """Run a job; return how many pictures were made, and how many were there."""
    *_, finished = augment(options)
    assert isinstance(finished, Finished)
    return finished.summary["translated"], finished.summary["reused"]


def test_of_a_picture_all_copies_are_dropped_and_no_copy_of_another(
    tmp_path: Path, tiny_weights: Path, paint: Callable[..., Path]
) -> None:
    for seed, name in enumerate(("a.png", "a_1.png")):
        paint(tmp_path / "in" / name, seed=seed)
    out = tmp_path / "out"
    weights = str(tiny_weights)
    options = AugmentOptions(images=tmp_path / "in", out=out, weights=weights, copies=2, width=0, workers=0)
    assert run(options) == (4, 0)
    drop_pictures(finished_run(out).plan, out, {"a.png"})
    assert sorted(file.name for file in out.glob("*.png")) == ["a_1_1.png", "a_1_2.png"]
    assert run(options) == (2, 2)
