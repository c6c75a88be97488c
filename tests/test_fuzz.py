"""A short form of ``benchmarks/fuzz.py``, and that what it looks for is noticed."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.fuzz import fuzz
from benchmarks.fuzzing.case import FaultKind, Outcome, lot
from benchmarks.fuzzing.labels import try_labels
from benchmarks.fuzzing.watched import Watched
from tests.hostile_tries import WAYS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory in Linux's way")
SEED = 2


@pytest.mark.parametrize(("kind", "count"), [("labels", 300), ("pictures", 100), ("checkpoints", 20)])
def test_inputs_by_lot_break_nothing_and_change_no_label(kind: str, count: int) -> None:
    if kind == "checkpoints":
        pytest.importorskip("torch")
    sums = fuzz(kind, SEED, range(count), workers=1, until=time.monotonic() + 120)
    assert sums.cases == count
    assert not sums.texts, f"see each with benchmarks/fuzz.py --seed {SEED} --case {kind}:NUMBER"


def test_what_a_case_must_not_do_is_noticed_and_the_next_is_tried() -> None:
    where = "tests.hostile_tries:misbehave"
    firsts = {lot(SEED, where, number).choice(WAYS): number for number in reversed(range(99))}
    with Watched(where, SEED, seconds=12) as process:
        found = {fault.text: fault.kind for ran in process.run(firsts.values()) for fault in ran.outcome.faults}
    assert found == {
        "over 12 seconds": FaultKind.HANG,
        "over 1000 MB": FaultKind.MEMORY,
        "the process died": FaultKind.MEMORY,
        "a library's own line N": FaultKind.STDERR,
        "KeyError at hostile_tries.py:30: 'raise'": FaultKind.TRACEBACK,
    }


def tampered(content: bytes) -> bytes:
    """Leave out an annotation, whatever the format is."""
    if content.startswith((b"{", b"[")):
        tree = json.loads(content)
        if isinstance(tree, dict) and tree.get("annotations"):
            tree["annotations"] = tree["annotations"][1:]
        elif isinstance(tree, dict) and tree.get("frames") and tree["frames"][0].get("labels"):
            tree["frames"][0]["labels"] = tree["frames"][0]["labels"][1:]
        return json.dumps(tree).encode()
    return content.replace(b"<name>bus</name>", b"<name>car</name>") if b"<" in content else content[:-20]


def test_a_label_that_is_lost_on_the_way_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_otherwise: Callable[[Callable[[Path, bytes], bytes]], None]
) -> None:
    for prove in ("pipeline.labels.coco.CocoLabels._prove", "pipeline.labels.scalabel.ScalabelLabels._prove"):
        monkeypatch.setattr(prove, lambda *arguments: _Proven())
    for copies in ("yolo.labels", "voc.labels", "voc.image_sets"):
        monkeypatch.setattr(f"pipeline.labels.{copies}.copy_file", _copy_tampered)
    for lists in ("yolo.picture_list", "voc.image_sets"):
        monkeypatch.setattr(f"pipeline.labels.{lists}.prove_lines", lambda *arguments: None)
    monkeypatch.setattr("benchmarks.fuzzing.labels.balance", lambda *arguments: None)
    write_otherwise(lambda place, content: tampered(content))
    found: set[str] = set()
    for number in range(120):
        (tmp_path / str(number)).mkdir()
        outcome: Outcome = try_labels(lot("tampered", number), tmp_path / str(number))
        found |= {fault.text.split(" ")[0] for fault in outcome.faults if fault.kind is FaultKind.CHANGED}
    assert found >= {"COCO:", "Scalabel:", "YOLO", "VOC:"}


class _Proven:
    """Stands for a proof that has seen nothing."""

    how = ""


def _copy_tampered(source: Path, target: Path, edit: object = None) -> None:
    """Copy a label file, and not all of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(tampered(source.read_bytes()))
