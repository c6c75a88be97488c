"""Copies on the command line: what is said, what a kill leaves, and what other commands make of them."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Ran, Run
from tests.cli.test_evaluate import Scenes, scenes, small_pictures_for_features  # noqa: F401 (fixtures)
from tests.cli.test_interrupted import start_and_wait_for
from tests.cli.test_run import Small, small  # noqa: F401 (a fixture)
from tests.pipeline.augment.wet_set import WetSet, data_of, make_wet_set

DRAWN = ("--copies", 3, "--strength", "0.3..1.2", "--water", "light,heavy")


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    return make_wet_set(tmp_path / "data")


@pytest.fixture
def augment(tpsence: Run, wet: WetSet, tiny_weights: Path) -> Run:
    """Run augment on the small data set with its maps and the tiny generator."""

    def run(*more: object) -> Ran:
        places = ("--labels", wet.labels, "--maps", wet.maps, "--weights", tiny_weights)
        return tpsence("augment", *places, "--width", 48, "--workers", 0, *more)

    return run


def test_what_is_drawn_is_said_before_and_at_the_end(augment: Run, tmp_path: Path) -> None:
    words = "3 copies of each of 6 pictures, strength 0.3..1.2, water light,heavy"
    dry = augment("--out", tmp_path / "out", *DRAWN, "--dry-run")
    assert (dry.code, words in dry.err, "18 pictures to translate" in dry.err) == (0, True, True), dry.err
    for more in ((), ("--dry-run",)):
        alike = augment("--out", tmp_path / "alike", "--copies", 2, "--water", "none", *more, "--overwrite")
        note = "the 2 copies of a picture are all alike: without water, copies differ in what is drawn alone"
        assert f"{note}; give --water, or --strength 0.6..1.2" in " ".join(alike.err.split())
    assert "alike" not in dry.err
    ran = augment("--out", tmp_path / "out", *DRAWN)
    assert ran.code == 0, ran.err
    said = " ".join(ran.err.split())
    assert f"{words} source: 12 annotations" in said
    assert "with 6 pictures in 3 copies there are 36 annotations" in said
    assert "water: light,heavy, 2 to 25 mm/h; label maps: maps" in said
    assert "what was drawn for each picture: variants.csv" in said
    with (tmp_path / "out/variants.csv").open(newline="") as stream:
        levels = Counter(row["water"] for row in csv.DictReader(stream))
    assert f"water: light,heavy ({levels['light']} light, {levels['heavy']} heavy), on 18 pictures" in said
    assert min(levels.values()) >= 6
    assert words in (tmp_path / "out/report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--copies", "0"), "--copies: out of range"),
        (("--copies", "101"), "--copies: out of range"),
        (("--strength", "strong"), "--strength 'strong': should be a number, a range such as 0.6..1.2"),
        (("--strength", "1..0.5"), "--strength '1..0.5': should go from the least to the most"),
        (("--strength", "0..2"), "--strength: out of range"),
        (("--water", "wet"), "--water 'wet': should be 'none', 'light', 'moderate' or 'heavy', a range such as"),
        (("--weights", "rain=0.5,rain=0.5"), "--weights: rain is given twice"),
        (("--weights", "rain=0.5,nowhere=0.5"), "nowhere: no such file"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_writes_nothing(
    words: tuple[str, ...], message: str, augment: Run, tmp_path: Path
) -> None:
    ran = augment("--out", tmp_path / "out", *words)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
    assert not (tmp_path / "out").exists()


def test_killed_and_continued_the_end_is_the_same(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    def words(out: Path) -> list[str]:
        places = ["--labels", wet.labels, "--maps", wet.maps, "--weights", tiny_weights, "--out", out]
        told = [*places, *DRAWN, "--gate", "flag", "--pairs", "--no-report"]
        return [sys.executable, "-m", "tpsence", "augment", *map(str, told)]

    whole, out = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(words(whole), check=True, capture_output=True)
    process = start_and_wait_for(words(out), out, 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (out / "variants.csv").exists()
    subprocess.run(words(out), check=True, capture_output=True)
    assert data_of(out) == data_of(whole)


def test_copies_are_evaluated_with_their_sources(
    tpsence: Run,
    scenes: Scenes,  # noqa: F811 (the fixture)
    tiny_weights: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    given = ["--labels", scenes.labels, "--images", scenes.clear, "--weights", tiny_weights, "--strength", "0"]
    assert tpsence("augment", *given, "--out", out, "--copies", 2, "--water", "none", "--no-report").code == 0
    ran = tpsence("evaluate", out, "--real", scenes.rainy, "--workers", 0, "--json")
    assert ran.code == 0, ran.err
    found = {figure["name"]: figure for figure in ran.json["figures"]}
    assert found["boxes lost"]["pictures"] == 24
    assert found["boxes lost"]["value"] == 0  # each is compared with its own source
    assert any("24 pictures were made of 12" in note for note in ran.json["notes"])


def test_a_chain_makes_the_copies_of_a_changed_picture_again_and_no_others(
    tpsence: Run,
    small: Small,  # noqa: F811 (the fixture)
    tmp_path: Path,
) -> None:
    file, out = small.folder / "chain.yaml", tmp_path / "out"
    file.write_text(json.dumps({"augment": {"strength": "0.5..1", "copies": 2, "gate": "flag"}}))

    def run(*more: object) -> Ran:
        ran = tpsence("run", file, *small.options, "--out", out, "--json", *more)
        assert ran.code == 0, ran.err
        return ran

    first = run()
    assert first.json["stages"]["augment"]["summary"]["translated"] == 6
    with (out / "augmented/variants.csv").open(newline="") as stream:
        assert Counter(row["source"] for row in csv.DictReader(stream)) == {f"{index}.png": 2 for index in range(3)}
    assert "2 copies of each of 3 pictures, strength 0.5..1.0" in (out / "report.html").read_text()
    assert run().json["ran"] == []
    before = data_of(out / "augmented")
    with Image.open(small.folder / "1.png") as opened:
        opened.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(small.folder / "1.png")
    changed = run()
    assert changed.json["ran"] == ["augment", "report"]
    summary = changed.json["stages"]["augment"]["summary"]
    assert (summary["translated"], summary["reused"]) == (2, 4)
    after = data_of(out / "augmented")
    assert {name for name in before if before[name] != after[name]} >= {"1_1.png", "1_2.png"}
    assert all(before[name] == after[name] for name in before if name.startswith(("0_", "2_")))
    (out / "augmented/variants.csv").unlink()
    assert run().json["ran"] == ["augment"]
    assert data_of(out / "augmented") == after
    assert run("--copies", 3).json["stages"]["augment"]["summary"]["pictures"] == 9
