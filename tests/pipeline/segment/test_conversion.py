"""The work of ``segment --ground-truth``: what is sent does not grow, and what comes back is as if done here."""

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.engine.events import Event, Finished, Outcome
from pipeline.engine.interface import Engine, Stop
from pipeline.engine.tasks import Task
from pipeline.engine.threads import ThreadEngine
from pipeline.segment.conversion import Converted
from pipeline.segment.job import segment
from pipeline.segment.options import SegmentOptions
from pipeline.segment.prepare import conversion_job, parts_of
from pipeline.segment.prepared import SegmentJob
from tests.pipeline.own_process import work_in_own_process

Paint = Callable[..., Path]
SIZE = (6, 4)


def options(root: Path, out: str = "maps") -> SegmentOptions:
    return SegmentOptions(images=root / "images", ground_truth=root / "truth", out=root / out)


def put_set(root: Path, paint: Paint, pictures: int) -> None:
    """Write pictures with a map each; the second has two maps, the fourth none, the fifth one of another size."""
    for number in range(pictures):
        paint(root / f"images/d/{number:03d}.jpg", size=SIZE, seed=number)
        size = (SIZE[0] + 1, SIZE[1]) if number == 4 else SIZE
        ids = np.full(size[::-1], number % 19, np.uint8)
        (root / "truth/d").mkdir(parents=True, exist_ok=True)
        for extension in ("png", "bmp") if number == 1 else () if number == 3 else ("png",):
            Image.fromarray(ids).save(root / f"truth/d/{number:03d}_train_id.{extension}")


def prepared(told: SegmentOptions) -> tuple[SegmentJob, Converted]:
    assert told.ground_truth is not None
    job = conversion_job(parts_of(told), told.ground_truth, told)
    assert isinstance(job.maker, Converted)
    return job, job.maker


def finished(events: Iterable[Event]) -> dict[str, Any]:
    """Run a job to its end and return its summary."""
    *_, last = events
    assert isinstance(last, Finished)
    return dict(last.summary)


def contents(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in out.rglob("*") if file.suffix in {".png", ".jsonl"}}


def test_what_comes_back_makes_the_folder_that_one_process_makes(
    paint: Paint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_set(tmp_path, paint, 8)
    whole = finished(segment(options(tmp_path, "here")))
    assert whole["folders"][0]["skipped"] == {"bad label": 1, "missing": 1, "wrong size": 1}
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    job, _ = prepared(options(Path(), "there"))

    def sent(engine: Engine, work: Any, tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:  # noqa: ANN401
        yield from work_in_own_process(work, tasks, tmp_path / "other")

    with monkeypatch.context() as patch:
        patch.setattr(ThreadEngine, "run", sent)
        summary = finished(job.events())
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    ledger = "ledger.jsonl"
    assert sorted(there.pop(ledger).splitlines()) == sorted(here.pop(ledger).splitlines())
    assert there == here
    assert json.dumps(summary["folders"][0]["skipped"]) == json.dumps(whole["folders"][0]["skipped"])
    assert finished(segment(options(Path(), "there")))["folders"][0]["reused"] == 5


def test_what_is_sent_to_every_node_and_with_a_batch_does_not_grow_with_the_pictures(
    paint: Paint, tmp_path: Path
) -> None:
    sizes = []
    for folder, pictures in (("few", 7), ("all", 60)):
        put_set(tmp_path / folder, paint, pictures)
        job, maker = prepared(options(tmp_path / folder))
        (part,) = job.parts
        work = maker.work(part)
        assert work.written_to() is part.folder
        own = work.own_of(part.tasks[:5])
        batch = work.with_own(own)
        assert batch.own_of(part.tasks) == own
        sizes.append([len(pickle.dumps(one)) for one in (work.with_own(None), own, batch)])
    assert sizes[0] == sizes[1]
