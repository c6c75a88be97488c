"""What an export tells while it runs."""

from pathlib import Path

import pytest

from pipeline.engine.events import Done, Finished, Found, Unit
from pipeline.export import formats
from pipeline.export.job import export
from pipeline.export.options import ExportOptions
from pipeline.weights.packaged import RAIN
from tpsence.digest import file_sha256


def test_it_says_what_it_does_before_and_reaches_its_total(tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain.pth"
    events = export(ExportOptions(weights=str(tiny_weights), out=out))
    assert next(events) == Found(total=1, unit=Unit.FILES, can_stop=False)
    assert next(events) == Done(count=0, text=f"{tiny_weights}: being read")
    assert next(events) == Done(count=0, text="rain.pth: being written")
    assert not out.exists()
    assert next(events) == Done(name=str(out), text="written")
    (finished,) = events
    assert isinstance(finished, Finished)
    assert {key: value for key, value in finished.summary.items() if key != "seconds"} == {
        "files": {str(out): out.stat().st_size},
        "weights": str(tiny_weights),
        "sha256": file_sha256(tiny_weights),
        "terms": None,
    }
    assert 0 < finished.summary["seconds"] < 60


def test_of_a_folder_the_number_of_files_is_not_known_before(tiny_weights: Path, tmp_path: Path) -> None:
    found, *rest = export(ExportOptions(weights=str(tiny_weights), out=tmp_path / "published"))
    assert isinstance(found, Found)
    assert found.total is None
    assert [event.count for event in rest if isinstance(event, Done)] == [0, 0, 1]


def test_onnx_is_said_to_be_traced(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "onnx_bytes", lambda loaded: b"onnx")
    events = export(ExportOptions(weights=str(tiny_weights), out=tmp_path / "a\nb.onnx"))
    texts = [event.text for event in events if isinstance(event, Done)]
    assert texts == [f"{tiny_weights}: being read", "a\\nb.onnx: being traced and written", "written"]


def test_packaged_weights_come_with_their_terms(tmp_path: Path) -> None:
    *_, finished = export(ExportOptions(weights="rain", out=tmp_path / "rain.safetensors"))
    assert isinstance(finished, Finished)
    assert finished.summary["terms"] == f"rain: {RAIN.terms}"
