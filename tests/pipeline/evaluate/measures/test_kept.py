"""Classes, hue and structure kept: small cases by hand."""

import numpy as np
import pytest

from pipeline.evaluate.figures import Figure
from pipeline.evaluate.measures.classes import PARTS, ClassesKept
from pipeline.evaluate.measures.hue import HueKept
from pipeline.evaluate.measures.structure import StructureKept
from pipeline.gate.colour_classes import DEFAULT, words_of
from pipeline.gate.measures import BoxMeasure, PictureMeasure, PictureMeasures
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.hue import HueSums, hue_sums

WORDS = words_of(DEFAULT)
FINE = PictureMeasure(contrast=1.0, clipped=0.0, change=20.0)


def by_name(figures: list[Figure]) -> dict[tuple[str, str], Figure]:
    return {(figure.name, figure.category): figure for figure in figures}


# Classes


def test_classes_kept_are_those_of_the_confusion() -> None:
    kept = ClassesKept(["road", "sky", "car"])
    before = np.array([[0, 0, 0, 0], [1, 1, 255, 255]], np.uint8)
    after = np.array([[0, 0, 0, 1], [1, 2, 0, 0]], np.uint8)
    kept.add(before, after)
    found = by_name(kept.figures())
    assert found["pixels that keep their class", ""].value == pytest.approx(4 / 6)
    assert found["mPA", ""].value == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["mIoU", ""].value == pytest.approx((3 / 4 + 1 / 3) / 2)  # there was no car before
    assert found["pixels of a class of the map that keep it", "sky"].value == 0.5
    assert ("pixels of a class of the map that keep it", "car") not in found


def test_an_interval_is_by_groups_of_pictures_and_narrows_with_their_number() -> None:
    random = np.random.default_rng(0)
    widths = []
    for pictures in (PARTS, 8 * PARTS):
        kept = ClassesKept(["a", "b"])
        for _ in range(pictures):
            before = random.integers(0, 2, (8, 8), dtype=np.uint8)
            kept.add(before, np.where(random.random((8, 8)) < random.random(), before, 1 - before).astype(np.uint8))
        figure = by_name(kept.figures())["pixels that keep their class", ""]
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
        widths.append(figure.high - figure.low)
    assert widths[1] < widths[0] / 2


def test_one_picture_tells_nothing_of_others_and_none_tells_nothing() -> None:
    kept = ClassesKept(["a", "b"])
    assert kept.figures() == []
    kept.add(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8))
    figure = kept.figures()[0]
    assert (figure.value, figure.low, figure.high) == (1.0, 0.0, 1.0)


# Hue


def plain(*colour: int) -> np.ndarray:
    return np.full((8, 8, 3), colour, np.uint8)


def hue_figures(before: np.ndarray, after: np.ndarray, category: str) -> dict[tuple[str, str], Figure]:
    kept = HueKept(WORDS)
    for _ in range(3):
        kept.add(hue_sums(before, before), {category: hue_sums(before, after)})
    return by_name(kept.figures())


def test_a_lamp_that_turns_grey_has_lost_what_it_means() -> None:
    found = hue_figures(plain(220, 20, 20), plain(110, 110, 110), "traffic light")
    assert found["chroma kept, all pixels", ""].judgement == "colours stay"
    figure = found["chroma kept, boxes", "traffic light"]
    assert figure.value == pytest.approx(0, abs=0.02)
    assert figure.judgement == "colours are nearly gone, and colour is what such an object means"
    assert hue_figures(plain(220, 20, 20), plain(110, 110, 110), "car")["chroma kept, boxes", "car"].judgement == (
        "colours are nearly gone"
    )


@pytest.mark.parametrize(
    ("after", "judgement"),
    [((190, 20, 30), "hues stay"), ((220, 130, 20), "hues shift"), ((20, 200, 40), "hues become others")],
)
def test_a_change_of_hue_is_judged_by_its_size(after: tuple[int, int, int], judgement: str) -> None:
    assert hue_figures(plain(220, 20, 20), plain(*after), "car")["change of hue, boxes", "car"].judgement == judgement


def test_without_any_colour_there_is_no_hue_to_speak_of() -> None:
    kept = HueKept(WORDS)
    kept.add(HueSums(), {})
    assert kept.figures() == []


# Structure


def boxes(*structures: float | None, category: str = "car") -> tuple[PictureMeasures, list[LabelledObject]]:
    measures = [None if share is None else BoxMeasure(share, None, None) for share in structures]
    return PictureMeasures(measures, FINE), [LabelledObject(category, (0, 0, 9, 9))] * len(structures)


def test_lost_boxes_are_counted_among_those_that_could_be_judged() -> None:
    kept = StructureKept(WORDS)
    kept.add(*boxes(0.9, 0.1, None, 0.8))
    kept.add(*boxes(0.95, category="bus"))
    found = by_name(kept.figures())
    whole = found["boxes lost", ""]
    assert whole.value == pytest.approx(1 / 4)
    assert whole.judgement == "labels do not hold for many; 1 of 4: 1 structure"
    assert found["boxes lost", "bus"].judgement == "labels hold; 0 of 1"
    assert found["pictures flat", ""].value == 0


def test_colour_counts_for_the_classes_that_mean_it() -> None:
    measured = PictureMeasures([BoxMeasure(0.9, 0.9, 0.1), BoxMeasure(0.9, 0.9, 0.1)], FINE)
    kept = StructureKept(WORDS)
    kept.add(measured, [LabelledObject("car", (0, 0, 9, 9)), LabelledObject("traffic light", (0, 0, 9, 9))])
    found = by_name(kept.figures())
    assert found["boxes lost", "car"].value == 0
    assert found["boxes lost", "traffic light"].value == 1


def test_pictures_at_fault_are_counted() -> None:
    kept = StructureKept(WORDS)
    for contrast in (0.05, 1.0, 1.0, 1.0):
        kept.add(PictureMeasures([], PictureMeasure(contrast=contrast, clipped=0.0, change=20.0)), [])
    found = by_name(kept.figures())
    assert found["pictures flat", ""].value == 0.25
    assert found["pictures flat", ""].judgement == "1 picture: look at them"
    assert ("boxes lost", "") not in found
