"""What an export tells while it runs."""

from pathlib import Path

import pytest

from pipeline.engine.events import Done, Finished, Found, Unit
from pipeline.export import formats
from pipeline.export.job import export
from pipeline.export.options import ExportOptions


def test_it_says_what_it_writes_before_and_reaches_its_total(tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain.pth"
    events = export(ExportOptions(weights=str(tiny_weights), out=out))
    assert next(events) == Found(total=1, unit=Unit.FILES, what="rain.pth: being written", can_stop=False)
    assert not out.exists()
    done, finished = events
    assert done == Done(name=str(out))
    assert isinstance(finished, Finished)
    assert finished.summary == {"files": {str(out): out.stat().st_size}}


def test_of_a_folder_the_number_of_files_is_not_known_before(tiny_weights: Path, tmp_path: Path) -> None:
    found, *rest = export(ExportOptions(weights=str(tiny_weights), out=tmp_path / "published"))
    assert isinstance(found, Found)
    assert (found.total, found.what) == (None, "published: being written")
    assert len(rest) == 2


def test_onnx_is_said_to_be_traced(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "onnx_bytes", lambda loaded: b"onnx")
    found, *_ = export(ExportOptions(weights=str(tiny_weights), out=tmp_path / "a\nb.onnx"))
    assert isinstance(found, Found)
    assert (found.total, found.what) == (1, "a\\nb.onnx: being traced and written")
