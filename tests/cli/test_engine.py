"""``--engine ray``: what is told before it starts, and that the jobs give their work to it; a stand-in takes it."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.engine.resources import EngineName, Resources
from pipeline.images.skips import Reason, Skip
from tests.cli.conftest import CocoSet, Run

if TYPE_CHECKING:
    from pipeline.engine.tasks import Task

ON_CPU = ("--device", "cpu", "--precision", "fp32")
"""What every machine has: so nobody has to look what the cluster has."""
MODULES = ("augment.prepared", "segment.estimate", "segment.conversion")


@dataclass
class Elsewhere:
    """An engine that does no work but the comparison, and keeps what it was given."""

    told: list[dict[str, Any]] = field(default_factory=list)
    """What engines were chosen by."""
    given: list[str] = field(default_factory=list)
    """Names of the pictures."""

    def chosen(self, resources: Resources, place_device: object, local: object, **places: Path) -> object:
        """Return the engine that was wanted; see ``chosen_engine``."""
        if resources.engine is EngineName.LOCAL:
            return local
        self.told.append({"workers": resources.workers, "device": str(place_device), **places})
        return self

    def run(self, work: object, tasks: Sequence["Task"], stop: object) -> Iterator[Skip]:
        """Leave every picture out."""
        for task in tasks:
            self.given.append(task.name)
            yield Skip(task.name, Reason.UNREADABLE, "elsewhere")

    def decoded(self, decode: Callable[[Any], Any], items: Iterable[Any], count: int, stop: object) -> Iterator[Any]:
        """Decode every picture."""
        for item in items:
            self.given.append(item.task.name)
            yield decode(item)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """Put a stand-in into the place of Ray."""
    engine = Elsewhere()
    for module in MODULES:
        monkeypatch.setattr(f"pipeline.{module}.chosen_engine", engine.chosen)
    monkeypatch.setattr("pipeline.engine.choice._PACKAGES_OF_RAY", ())
    return engine


@pytest.fixture
def augment(tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that translates the pictures of a small data set."""
    given = ("--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "rainy", "--width", 16)
    return lambda *more: tpsence("augment", *given, *ON_CPU, "--json", *more)


def test_the_pictures_are_given_to_the_engine(
    augment: Run, elsewhere: Elsewhere, coco: CocoSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.augment.report_of", lambda out, workers, quiet: f"by {workers}")
    monkeypatch.setattr("pipeline.engine.ray.look.available_cores", lambda: 8)
    ran = augment("--engine", "ray", "--workers", 5)
    assert (ran.code, ran.json["skipped"], ran.json["report"]) == (3, {"unreadable": 6}, "by None")  # not by five
    assert sorted(elsewhere.given) == sorted(coco.names)
    place = {"root": coco.folder / "images", "out": tmp_path / "rainy"}
    assert elsewhere.told == [{"workers": 5, "device": "cpu", **place, "beside": []}]


def test_a_run_goes_on_with_another_engine(augment: Run, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """None of it stands in ``run.json``; what the first engine has made is there."""
    record = tmp_path / "rainy" / "run.json"
    assert augment("--no-report").json["translated"] == 6
    before = json.loads(record.read_text())["settings"]
    again = augment("--no-report", "--engine", "ray", "--address", "auto", "--gpus-per-worker", 0)
    assert (again.code, again.json["reused"], elsewhere.given) == (0, 6, [])
    assert json.loads(record.read_text())["settings"] == before


def test_the_gate_compares_on_the_engine(augment: Run, elsewhere: Elsewhere, coco: CocoSet, tmp_path: Path) -> None:
    first = augment("--gate", "flag", "--no-report", "--workers", 0)
    (journal,) = (tmp_path / "rainy" / ".tpsence").glob("boxes*")
    measured = sorted(journal.read_text().splitlines())
    journal.unlink()
    again = augment("--gate", "flag", "--no-report", "--engine", "ray")
    assert (again.code, again.json["reused"], again.json["gate"]) == (0, 6, first.json["gate"])
    assert elsewhere.given == coco.names
    assert [told["out"] for told in elsewhere.told] == [tmp_path / "rainy"]
    assert sorted(journal.read_text().splitlines()) == measured


@pytest.mark.parametrize("thorough", [(), ("--thorough",)])
def test_a_dry_run_asks_no_engine(
    augment: Run, elsewhere: Elsewhere, tmp_path: Path, thorough: tuple[str, ...]
) -> None:
    ran = augment("--engine", "ray", "--workers", 2, "--dry-run", *thorough)
    assert (ran.code, ran.json["translate"], elsewhere.told) == (0, 6, [])
    assert not (tmp_path / "rainy").exists()


def test_label_maps_are_made_by_the_engine(
    tpsence: Run, elsewhere: Elsewhere, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    paint(tmp_path / "in" / "a.png")
    command = ("segment", "--images", tmp_path / "in", "--out", tmp_path / "maps", "--model", "road-lite", *ON_CPU)
    ran = tpsence(*command, "--engine", "ray", "--workers", 2, "--json")
    assert (ran.code, ran.json["folders"][0]["skipped"]) == (3, {"unreadable": 1})
    place = {"root": tmp_path / "in", "out": tmp_path / "maps"}
    assert elsewhere.told == [{"workers": 2, "device": "cpu", **place}]
    again = tpsence(*command, "--json")
    assert (again.code, again.json["folders"][0]["made"]) == (0, 1)


def test_ground_truth_is_converted_by_the_engine(
    tpsence: Run, elsewhere: Elsewhere, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    name = "aachen_000000_000019"
    paint(tmp_path / "left" / f"{name}_leftImg8bit.png")
    paint(tmp_path / "gt" / f"{name}_gtFine_labelIds.png")
    places = ("--ground-truth", tmp_path / "gt", "--images", tmp_path / "left", "--out", tmp_path / "maps")
    ran = tpsence("segment", *places, "--engine", "ray", "--address", "auto", "--workers", 2)
    assert ran.code == 3
    assert elsewhere.told == [
        {
            **{"workers": 2, "device": "cpu", "root": tmp_path / "left", "out": tmp_path / "maps"},
            "beside": [tmp_path / "gt"],
        },
    ]


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    "command",
    [
        ("augment", "--images", "sun", "--out", "out"),
        ("segment", "--images", "sun", "--out", "out"),
        ("segment", "--images", "sun", "--ground-truth", "maps", "--out", "out"),
        ("run", "--clear", "sun", "--rainy", "sun", "--images", "sun", "--out", "out"),
        ("run", "--clear", "sun", "--rainy", "sun", "--images", "sun", "--out", "out", "--preset", "mine.py"),
    ],
)
def test_without_the_extra_one_line_says_what_to_install(
    tpsence: Run,
    tmp_path: Path,
    paint: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    how: tuple[str, ...],
) -> None:
    monkeypatch.setattr("pipeline.engine.choice.find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    paint(tmp_path / "sun" / "a.png")
    ran = tpsence(*command, "--engine", "ray", *how)
    message = "error: --engine ray: the package ray is not installed\nhint: pip install 'tpsence[ray]'.\n"
    assert (ran.code, ran.out, ran.err) == (2, "", message)
    assert not (tmp_path / "out").exists()
