"""Water on the command line: what is said, what is refused, and what a chain and a report make of it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.finished import finished_run
from pipeline.effects.water_options import WaterAmounts
from pipeline.report.gather.command import command_of
from pipeline.report.gather.facts import facts_of, notes_of
from tests.cli.conftest import Ran, Run
from tests.cli.test_interrupted import start_and_wait_for
from tests.cli.test_run import Small, small  # noqa: F401 (a fixture)
from tests.pipeline.augment.wet_set import CLASSES, WetSet, data_of, make_wet_set, put_map, street_map


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    return make_wet_set(tmp_path / "data")


@pytest.fixture
def augment(tpsence: Run, wet: WetSet, tiny_weights: Path) -> Run:
    """Run augment on the small data set with its maps and the tiny generator."""

    def run(*more: object) -> Ran:
        generator = ("--weights", tiny_weights, "--width", 48) if "--water-only" not in more else ()
        return tpsence("augment", "--labels", wet.labels, "--maps", wet.maps, *generator, "--workers", 0, *more)

    return run


def facts(out: Path) -> dict[str, str]:
    return dict(facts_of(finished_run(out)))


def command(out: Path) -> str:
    shown = command_of(finished_run(out))
    assert shown is not None
    return " ".join(line.removesuffix("\\").strip() for line in shown.lines)


def test_what_was_done_is_said_in_the_end_and_in_the_report(augment: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = augment(
        "--out", out, "--water", "heavy", "--set", "water.haze=0.5", "--set", "water.drops=0", "--drops", "5%"
    )
    assert ran.code == 0, ran.err
    assert "water: heavy, 25 mm/h; label maps: maps" in ran.err
    assert "water: heavy, 25 mm/h, on 6 pictures" in ran.err
    assert "1 picture shows no ground that could get wet (label maps: maps)" in ran.err
    found = facts(out)["Water"]
    assert found.startswith("heavy, 25 mm/h: overcast 1, wet ground 1, haze 0.5, streaks 1, drops 0; 1 without ground")
    assert "heavy, 25 mm/h: overcast 1" in (out / "report.html").read_text()
    words = command(out)
    assert f"--maps {tmp_path / 'data/maps'}" in words
    assert "--water heavy --set water.haze=0.5 --set water.drops=0.0" in words.replace("    ", " ")
    assert "--drops 0.05" in words
    again = augment(
        "--out", out, "--water", "heavy", "--set", "water.drops=0", "--set", "water.haze=0.5", "--drops", "5%"
    )
    assert "6 there already" in again.err


def test_without_water_nothing_is_said_of_it(tpsence: Run, wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    given = ["--labels", wet.labels, "--weights", tiny_weights, "--width", 48, "--workers", 0]
    ran = tpsence("augment", *given, "--out", tmp_path / "out", "--json")
    assert ran.json["water"] is None
    assert "water:" not in ran.err
    assert facts(tmp_path / "out")["Water"] == "none"
    assert "--water" not in command(tmp_path / "out")


def test_water_alone_is_the_command_that_makes_it_again(augment: Run, tmp_path: Path) -> None:
    ran = augment("--out", tmp_path / "out", "--water-only", "--pairs", "--json")
    assert (ran.code, ran.json["water"]["level"]) == (0, "moderate"), ran.err
    words = command(tmp_path / "out")
    assert "--water-only" in words
    assert "--pairs" in words
    assert not any(flag in words for flag in ("--weights", "--water ", "--pairs-target", "--width"))
    assert not {"Generator", "Width", "Weights SHA-256"} & facts(tmp_path / "out").keys()
    assert notes_of(finished_run(tmp_path / "out")) == []


def test_a_dry_run_says_level_and_maps(augment: Run, tmp_path: Path) -> None:
    ran = augment("--out", tmp_path / "out", "--water", "light", "--dry-run")
    assert ran.code == 0
    assert "water: light, label maps: maps" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("--set", "water.fog=1"), "--set water.fog=1: no such setting", "water.wet_ground, water.haze"),
        (("--set", "water.haze=3"), "--set water.haze=3.0: out of range", "each from 0 to 2"),
        (("--water-only", "--water", "none"), "--water-only with --water none would change nothing", "--water light"),
        (("--water-only", "--strength", "0.5"), "--strength is the generator's", "Leave --strength out"),
        (("--pairs-target", "clean"), "--pairs-target goes with --pairs", "Give --pairs too"),
        (("--pairs", "--pairs-target", "clean"), "--pairs-target clean: without water", "Give --water light"),
        (("--horizon", "1.2"), "--horizon: out of range", "over 0 and under 1"),
    ],
)
def test_contradictions_are_refused_before_anything_is_written(
    words: tuple[str, ...], message: str, hint: str, augment: Run, tmp_path: Path
) -> None:
    ran = augment("--out", tmp_path / "out", *words)
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert message in said
    assert hint in said
    assert not (tmp_path / "out").exists()


def test_a_missing_map_names_the_command_that_makes_it(augment: Run, wet: WetSet, tmp_path: Path) -> None:
    (wet.maps / "b.png").unlink()
    ran = augment("--out", tmp_path / "out", "--water", "light")
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert "1 picture has no label map, for example b.png" in said
    assert "tpsence segment --images" in said


def test_killed_and_continued_the_end_is_the_same(wet: WetSet, tmp_path: Path) -> None:
    def words(out: Path) -> list[str]:
        given = ["--labels", wet.labels, "--maps", wet.maps, "--water-only", "--pairs", "--out", out, "--no-report"]
        return [sys.executable, "-m", "tpsence", "augment", *map(str, given)]

    whole, out = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(words(whole), check=True, capture_output=True)
    process = start_and_wait_for(words(out), out, 1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    for file in (out / "images").rglob("*.png"):
        assert (out / "pairs/target" / file.name).exists()
    subprocess.run(words(out), check=True, capture_output=True)
    assert data_of(out) == data_of(whole)
    one, other = (json.loads((folder / "run.json").read_text())["summary"]["water"] for folder in (out, whole))
    assert one == other


def test_a_chain_takes_water_from_its_file_and_knows_when_it_has_changed(
    tpsence: Run,
    small: Small,  # noqa: F811 (the fixture)
    tmp_path: Path,
) -> None:
    maps = small.folder / "maps"
    for index in range(3):
        put_map(maps / f"{index}.png", street_map((96, 54)))
    (maps / "classes.json").write_text(json.dumps({"classes": CLASSES}))
    file, out = small.folder / "chain.yaml", tmp_path / "out"

    def run(*more: object, **section: Any) -> Ran:  # noqa: ANN401 (of any setting)
        told = {"maps": "maps", "water_amounts": {"drops": 0.5}, **section}
        file.write_text(json.dumps({"augment": told}))
        ran = tpsence("run", file, *small.options, "--out", out, "--json", *more)
        assert ran.code == 0, ran.err
        return ran

    first = run("--set", "domains.water=light")
    water = first.json["stages"]["augment"]["summary"]["water"]
    amounts = WaterAmounts(drops=0.5).model_dump()
    assert (water["level"], water["maps"], water["amounts"], water["pictures"]) == ("light", "maps", amounts, 3)
    assert run("--set", "domains.water=light").json["ran"] == []
    assert run("--set", "domains.water=light", water="heavy").json["ran"] == ["augment", "report"]
    assert run("--set", "domains.water=light", "--water", "none", water="heavy").json["ran"] == ["augment", "report"]
    run("--set", "domains.water=light", water="heavy")
    put_map(maps / "1.png", street_map((96, 54), road=False))
    last = run("--set", "domains.water=light", water="heavy")
    assert last.json["ran"] == ["augment", "report"]
    assert last.json["stages"]["augment"]["summary"]["water"]["without_ground"] == 1
    (maps / "1.png").unlink()
    ran = tpsence("run", file, *small.options, "--out", out, "--set", "domains.water=light")
    assert ran.code == 2
    assert "1 picture has no label map, for example 1.png" in " ".join(ran.err.split())
