"""Whole pictures: what they have become, what is wrong with them, and the journal of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.files.lines import LineFile
from pipeline.files.rooted import Rooted
from pipeline.gate.faults import faults_among
from pipeline.gate.measures import Fault, PictureMeasure
from pipeline.gate.picture import picture_measure
from pipeline.gate.picture_journal import known_pictures, note_picture
from pipeline.gate.verdict import faults_of

Pixels = NDArray[np.uint8]


def picture(seed: int = 0) -> Pixels:
    """Return a picture (180, 320, 3) of large bright and dark parts."""
    parts = np.random.default_rng(seed).integers(10, 240, (6, 8, 3))
    whole: Pixels = np.kron(parts, np.ones((30, 40, 1))).astype(np.uint8)
    return whole


def scaled(pixels: Pixels, gain: float, offset: float) -> Pixels:
    """Change every level alike."""
    changed: Pixels = np.clip(np.rint(pixels * gain + offset), 0, 255).astype(np.uint8)
    return changed


@pytest.mark.parametrize(
    ("gain", "offset", "faults"),
    [
        (1.0, 0.0, (Fault.UNCHANGED,)),
        (1.0, 0.4, (Fault.UNCHANGED,)),
        (0.6, 0.0, ()),
        (0.35, 0.0, ()),
        (0.5, 80.0, ()),
        (0.15, 100.0, (Fault.FLAT,)),
        (0.0, 128.0, (Fault.FLAT,)),
        (1.0, 200.0, (Fault.BLOWN,)),
        (0.0, 255.0, (Fault.FLAT, Fault.BLOWN)),
    ],
)
def test_what_is_wrong_with_a_picture(gain: float, offset: float, faults: tuple[Fault, ...]) -> None:
    found = faults_of(picture_measure(picture(), scaled(picture(), gain, offset)))
    assert set(found) - {Fault.FLAT} == set(faults) - {Fault.FLAT}
    assert (Fault.FLAT in found) == (Fault.FLAT in faults) or gain == 1.0


def test_nothing_is_known_of_a_picture_that_was_not_measured() -> None:
    assert faults_of(None) == ()


def test_an_even_original_is_not_called_flat() -> None:
    even = np.full((40, 60, 3), 90, np.uint8)
    measure = picture_measure(even, even // 2)
    assert measure.contrast is None
    assert faults_of(measure) == ()


def test_a_few_white_clouds_are_not_blown_out() -> None:
    after = scaled(picture(), 0.7, 0)
    after[:40] = 255
    assert Fault.BLOWN not in faults_of(picture_measure(picture(), after))


def test_the_measure_of_a_large_picture_is_that_of_a_small_one() -> None:
    before, after = picture(), scaled(picture(1), 0.7, 20)
    large = [np.kron(one, np.ones((4, 4, 1), np.uint8)) for one in (before, after)]
    one, other = picture_measure(before, after), picture_measure(*large)
    assert one.contrast == pytest.approx(other.contrast, abs=0.02)
    assert one.change == pytest.approx(other.change, abs=1)


def test_the_faults_of_a_run_are_counted_and_the_first_are_named() -> None:
    good, bad = PictureMeasure(0.8, 0.0, 30.0), PictureMeasure(0.1, 0.5, 30.0)
    measured = {"a": good, **{f"b{n}": bad for n in range(7)}, "c": None}
    faults = faults_among([*measured, "unknown"], measured)
    assert faults.numbers == {
        "measured": 8,
        "at_fault": 7,
        "by_fault": {"flat": 7, "blown out": 7, "nearly unchanged": 0},
        "first": {key: ["b0", "b1", "b2", "b3", "b4"] for key in ("flat", "blown out")},
    }
    assert [line["file"] for line in faults.listed] == [f"b{n}" for n in range(7)]
    assert faults.listed[0]["picture"] == ["flat", "blown out"]
    assert faults.listed[0]["reason"] == "the picture is flat and blown out"
    json.dumps(faults.listed)


def test_the_journal_gives_back_what_was_noted_and_the_last_line_counts(tmp_path: Path) -> None:
    file = LineFile(Rooted(tmp_path), "pictures.jsonl")
    one, other = PictureMeasure(0.5, 0.25, 12.5), PictureMeasure(None, 0.0, 3.0)
    note_picture(file, "a.png", other)
    note_picture(file, "b.png", other)
    note_picture(file, "a.png", one)
    assert known_pictures([file.path]) == {"a.png": one, "b.png": other}
    assert known_pictures([]) == {}


@pytest.mark.parametrize("damage", [b'{"file": "c', b"\xff\xfe", b"[]", b'{"file": 3}', b"[" * 5000])
def test_a_damaged_line_of_the_journal_counts_for_nothing(tmp_path: Path, damage: bytes) -> None:
    file = LineFile(Rooted(tmp_path), "pictures.jsonl")
    measure = PictureMeasure(0.5, 0.25, 12.5)
    note_picture(file, "a.png", measure)
    file.path.write_bytes(file.path.read_bytes() + damage)  # cut off by a kill
    note_picture(file, "b.png", measure)
    assert known_pictures([file.path]) == {"a.png": measure, "b.png": measure}
