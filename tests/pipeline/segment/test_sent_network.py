"""Label maps by a network that works elsewhere: nothing of it is on a device here, and the maps are the same."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.segment import prepare as preparing
from pipeline.segment.estimate import Estimate
from pipeline.segment.job import segment
from pipeline.segment.mmseg.choice import NamedNetwork, build_choice
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.options import SegmentOptions
from pipeline.segment.prepared import SegmentJob
from tests.generators import result_of
from tests.pipeline.elsewhere import done_elsewhere
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model

Paint = Callable[..., Path]
NAMES = ["a.png", "b.jpg", "deep/c.png"]


@pytest.fixture
def pictures(paint: Paint, tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        paint(tmp_path / "pictures" / name, size=(80 + 10 * seed, 60), seed=seed)
    return tmp_path / "pictures"


def prepared(options: SegmentOptions, place: Place, monkeypatch: pytest.MonkeyPatch) -> SegmentJob:
    """Prepare a job whose network works elsewhere; to bring one to a device is an error."""

    def refuse(*_: object) -> None:
        raise AssertionError("a network was brought to a device here")

    monkeypatch.setattr(preparing, "place_of", lambda *_: place)
    monkeypatch.setattr(Segmenter, "__init__", refuse)
    return result_of(preparing.prepare(options))


@pytest.mark.parametrize("model", ["road-lite", "tiny.py"])
def test_maps_are_the_same_to_the_byte_where_no_files_of_the_network_are(
    model: str, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {"images": pictures, "model": model, "workers": 0, "device": "cpu", "precision": "fp32"}
    files: tuple[Path, ...] = ()
    if model == "tiny.py":
        files = write_tiny_model(tmp_path / "model", mode="slide")
        told |= {"model": str(files[0]), "weights": files[1]}
    list(segment(SegmentOptions(**told, out=tmp_path / "here")))
    place = Place(device=torch.device("cpu"), precision=Precision.FP32, is_here=False)
    job = prepared(SegmentOptions(**told, out=tmp_path / "there"), place, monkeypatch)
    for file in files:
        file.unlink()
    (part,) = job.parts
    assert isinstance(job.maker, Estimate)
    with job.opened(overwrite=False):
        assert done_elsewhere(job.maker.work(part), part.tasks, tmp_path / "sent") == ["Done"] * 3
    for task in part.tasks:
        here, there = ((tmp_path / name / task.output).read_bytes() for name in ("here", "there"))
        assert here == there


def test_this_machine_need_not_have_the_device(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(device=torch.device("cuda"), precision=Precision.BF16, is_here=False)
    options = SegmentOptions(images=pictures, out=tmp_path / "maps", model="road-lite")
    built: list[weakref.ref[nn.Module]] = []

    def watched(*told: Any, **more: Any) -> NamedNetwork:  # noqa: ANN401 (as build_choice)
        network = build_choice(*told, **more)
        built.append(weakref.ref(network.network.network))
        return network

    monkeypatch.setattr(preparing, "build_choice", watched)
    job = prepared(options, place, monkeypatch)
    assert "road-lite on cuda, bf16" in job.maker.described()
    assert job.maker.settings()["precision"] == "bf16"
    assert isinstance(job.maker, Estimate)
    assert job.maker.work(job.parts[0]).most_input_pixels is None
    gc.collect()
    assert [one() for one in built] == [None]  # its bytes are enough
