"""AP50 and recall, against cases by hand, an independent slow version and the library's own of all pictures."""

import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.metrics.detection import CONFIDENT, ClassAgreement, DetectionPairs, average_precision
from pipeline.metrics.matching import Boxes, Classes, PictureBoxes, Scores, matches_of
from tpsence.errors import InputError

NAMES = ("car", "person", "bus")
A, B, C = (0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10)
HALF = (0, 0, 10, 5)
"""Overlaps A by exactly a half."""
LESS = (0, 0, 10, 4.9)

Row = tuple[tuple[float, ...], float, int]


def picture(found: Sequence[Row], true: Sequence[tuple[tuple[float, ...], int]]) -> PictureBoxes:
    return PictureBoxes(
        np.array([row[0] for row in found], dtype=np.float32).reshape(-1, 4),
        np.array([row[1] for row in found], dtype=np.float32),
        np.array([row[2] for row in found], dtype=np.int64),
        np.array([row[0] for row in true], dtype=np.float32).reshape(-1, 4),
        np.array([row[1] for row in true], dtype=np.int64),
    )


def collected(pictures: Sequence[PictureBoxes], confident: float = CONFIDENT) -> DetectionPairs:
    pairs = DetectionPairs(confident)
    for each in pictures:
        pairs.add(**each._asdict())
    return pairs


def random_pictures(count: int, seed: int, most: int = 12) -> list[PictureBoxes]:
    """Pictures whose found boxes are true ones moved a little, and others."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        many = rng.integers(0, most)
        corners = rng.random((many, 2)) * 60
        true: Boxes = np.concatenate([corners, corners + 5 + rng.random((many, 2)) * 20], axis=1).astype(np.float32)
        repeated = np.concatenate([true, true[rng.random(many) < 0.5]])
        boxes: Boxes = (repeated + rng.normal(0, 1.5, repeated.shape)).astype(np.float32)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        truth_classes: Classes = rng.integers(0, 3, many)
        classes: Classes = rng.integers(0, 3, len(boxes))
        classes[:many] = np.where(rng.random(many) < 0.8, truth_classes, classes[:many])
        scores: Scores = rng.random(len(boxes)).astype(np.float32)
        pictures.append(PictureBoxes(boxes, scores, classes, true, truth_classes))
    return pictures


# By hand


def test_average_precision_by_hand() -> None:
    """By falling scores: right, wrong, right, and a third true box is never found."""
    found = [(A, 0.9, 0), (C, 0.8, 0), (B, 0.1, 0)]
    pairs = collected([picture(found, [(A, 0), (B, 0)]), picture([], [(A, 0)])])
    result = pairs.result(NAMES)
    # Recalls 0 to 0.33 are reached with precision 1, 0.34 to 0.66 with 2/3, the rest never.
    expected = (34 * 1 + 33 * 2 / 3) / 101
    (car,) = result.classes.values()
    assert car.ap50 == result.ap50 == pytest.approx(expected)
    assert (car.recall, car.truth, car.found) == (1 / 3, 3, 2)
    assert (result.truth, result.found, result.pictures) == (3, 2, 2)
    assert result.recall is not None
    reach = 1.96 * 0.5 / 2  # without the first picture it is 0, without the second 1/2
    assert result.recall.value == pytest.approx(1 / 3)
    assert result.recall.low == 0
    assert result.recall.high == pytest.approx(1 / 3 + reach)


@pytest.mark.parametrize(
    ("found", "true", "expected"),
    [
        ([(HALF, 0.9, 0)], [(A, 0)], [0]),
        ([(LESS, 0.9, 0)], [(A, 0)], [-1]),
        ([(A, 0.9, 1)], [(A, 0)], [-1]),  # another class
        ([(A, 0.8, 0), (HALF, 0.9, 0)], [(A, 0)], [-1, 0]),  # the higher score chooses first
        ([(A, 0.9, 0), (A, 0.8, 0)], [(A, 0)], [0, -1]),  # found once
        ([(HALF, 0.9, 0)], [(A, 0), ((0, 0, 10, 6), 0)], [1]),  # the one that it overlaps most
        ([], [(A, 0)], []),
        ([(A, 0.9, 0)], [], [-1]),
    ],
)
def test_a_found_box_is_the_true_one_that_it_should_be(
    found: Sequence[Row], true: Sequence[tuple[tuple[float, ...], int]], expected: Sequence[int]
) -> None:
    assert matches_of([picture(found, true)]).tolist() == expected


def test_a_box_is_right_in_its_own_picture_only() -> None:
    pictures = [picture([(A, 0.9, 0)], [(B, 0)]), picture([(B, 0.9, 0)], [(A, 0)])]
    assert matches_of(pictures).tolist() == [-1, -1]
    assert matches_of([picture([], []), picture([(A, 0.9, 0)], [(B, 0), (A, 0)])]).tolist() == [1]


def test_recall_is_that_of_confident_boxes_and_takes_the_best_of_each() -> None:
    found = [(A, CONFIDENT, 0), (B, CONFIDENT - 0.01, 0)]
    result = collected([picture(found, [(A, 0), (B, 0), (C, 1)])]).result(NAMES)
    assert result.classes["car"] == ClassAgreement(ap50=1, recall=0.5, truth=2, found=1)
    assert result.classes["person"] == ClassAgreement(ap50=0, recall=0, truth=1, found=0)
    assert result.ap50 == 0.5
    assert str(result.recall) == "0.33 (0.00 to 1.00)"  # one picture tells nothing of others
    every = collected([picture(found, [(A, 0), (B, 0), (C, 1)])], confident=0).result(NAMES)
    assert every.classes["car"].recall == 1


def test_a_class_without_true_boxes_has_no_figures_and_does_not_count() -> None:
    result = collected([picture([(A, 0.9, 0), (B, 0.9, 2), (C, 0.1, 1)], [(A, 0)])]).result(NAMES)
    assert result.classes == {
        "car": ClassAgreement(ap50=1, recall=1, truth=1, found=1),
        "bus": ClassAgreement(ap50=None, recall=None, truth=0, found=1),
    }
    assert result.ap50 == 1


def test_no_pictures_and_no_boxes_have_no_figures() -> None:
    assert collected([]).result(NAMES).pictures == 0
    result = collected([picture([], [])] * 3).result(NAMES)
    assert (result.ap50, result.recall, result.classes, result.pictures) == (None, None, {}, 3)


def test_rows_that_do_not_fit_are_refused() -> None:
    good = picture([(A, 0.9, 0)], [(A, 0)])
    for bad in good._replace(scores=good.scores[:0]), good._replace(truth_classes=good.classes[:0]):
        with pytest.raises(ValueError, match="1 boxes, "):
            collected([bad])


def test_without_the_library_it_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_coco_eval", None)
    with pytest.raises(InputError, match="faster-coco-eval is not installed") as refused:
        DetectionPairs()
    assert refused.value.hint == "pip install 'tpsence[evaluate]'"


# Others' versions


def slow_average_precision(pictures: Sequence[PictureBoxes], number: int) -> float:
    """Box by box, as the PASCAL challenge describes it, with COCO's 101 recalls."""
    rows = [
        (float(score), image, box)
        for image, each in enumerate(pictures)
        for box, score, own in zip(each.boxes, each.scores, each.classes, strict=True)
        if own == number
    ]
    true = [
        [box for box, own in zip(each.truth, each.truth_classes, strict=True) if own == number] for each in pictures
    ]
    total, taken, right = sum(map(len, true)), set(), []
    for _, image, box in sorted(rows, key=lambda row: -row[0]):
        free = [place for place in range(len(true[image])) if (image, place) not in taken]
        best = max(free, key=lambda place: overlap(box, true[image][place]), default=None)
        right.append(best is not None and overlap(box, true[image][best]) >= 0.5)
        if right[-1]:
            taken.add((image, best))
    points = [(sum(right[: n + 1]) / total, sum(right[: n + 1]) / (n + 1)) for n in range(len(right))]
    best_at = [max((p for r, p in points if r >= recall), default=0) for recall in np.linspace(0, 1, 101)]
    return sum(best_at) / 101


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union."""
    left, top = np.maximum(one[:2].astype(float), other[:2])
    right, bottom = np.minimum(one[2:].astype(float), other[2:])
    both = max(0.0, right - left) * max(0.0, bottom - top)
    areas = [float(np.prod(box[2:].astype(float) - box[:2])) for box in (one, other)]
    return float(both / (sum(areas) - both))


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_is_that_of_an_independent_slow_version(seed: int) -> None:
    pictures = random_pictures(25, seed)
    result = collected(pictures).result(NAMES)
    for number, name in enumerate(NAMES):
        slow = slow_average_precision(pictures, number)
        assert 0.05 < slow < 0.95
        assert result.classes[name].ap50 == pytest.approx(slow, abs=1e-12)


def test_pictures_by_the_hundred_give_what_the_library_makes_of_all() -> None:
    from faster_coco_eval import COCO, COCOeval_faster

    pictures = random_pictures(600, seed=7)
    shared = {
        "images": [{"id": number} for number in range(600)],
        "categories": [{"id": number} for number in range(3)],
    }
    found: list[dict[str, object]] = []
    true: list[dict[str, object]] = []
    for image, each in enumerate(pictures):
        for rows, boxes, classes, scores in (
            (found, each.boxes, each.classes, each.scores),
            (true, each.truth, each.truth_classes, np.ones(len(each.truth))),
        ):
            for (x0, y0, x1, y1), number, score in zip(boxes.astype(float), classes, scores, strict=True):
                rows.append(
                    {
                        "id": len(rows) + 1,
                        "image_id": image,
                        "category_id": int(number),
                        "bbox": [x0, y0, x1 - x0, y1 - y0],
                        "area": (x1 - x0) * (y1 - y0),
                        "score": float(score),
                        "iscrowd": 0,
                    }
                )
    evaluation = COCOeval_faster(COCO({**shared, "annotations": true}), COCO({**shared, "annotations": found}), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    pairs = collected(pictures, confident=0.0)
    assert len(pairs._waiting) == 600 - 2 * 256  # the boxes of the others are no longer held
    result = pairs.result(NAMES)
    assert result.pictures == 600
    for number, name in enumerate(NAMES):
        precision = evaluation.eval["precision"][0, :, number, 0, -1]
        assert result.classes[name].ap50 == pytest.approx(precision.mean(), abs=1e-12)
        assert result.classes[name].recall == pytest.approx(evaluation.eval["recall"][0, number, 0, -1], abs=1e-12)


def test_average_precision_of_nothing_found_is_nought() -> None:
    assert average_precision(np.empty(0, np.float32), np.empty(0, np.bool_), 3) == 0
