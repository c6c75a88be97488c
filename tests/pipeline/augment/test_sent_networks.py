"""Networks that work elsewhere: nothing is built here, their weights travel, and the pictures are the same."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.augment import job as jobs
from pipeline.augment.job import augment, check, open_job
from pipeline.augment.options import AugmentOptions
from pipeline.augment.prepared import AugmentJob
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.segment.mmseg.segmenter import Segmenter
from tests.pipeline.augment.second_weights import second_weights
from tests.pipeline.augment.test_water import done
from tests.pipeline.augment.wet_set import make_wet_set
from tests.pipeline.elsewhere import done_elsewhere
from tpsence.weights import generator_bytes, load_generator

CPU = Place(device=torch.device("cpu"), precision=Precision.FP32, is_here=False)
CUDA = Place(device=torch.device("cuda"), precision=Precision.BF16, is_here=False)

Options = Callable[..., AugmentOptions]
Prepare = Callable[[AugmentOptions, Place], AugmentJob]


@pytest.fixture
def published(tiny_weights: Path, tmp_path: Path) -> Path:
    """Weights in the published format, which a test may remove."""
    file = tmp_path / "weights" / "latest_net_G.pth"
    file.parent.mkdir()
    file.write_bytes(tiny_weights.read_bytes())
    return file


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Others in this project's format, which a test may remove."""
    loaded = load_generator(second_weights(tmp_path / "second.pth"))
    metadata = loaded.metadata.model_copy(update={"water": "moderate"})
    file = tmp_path / "own.safetensors"
    file.write_bytes(generator_bytes(loaded.generator, metadata))
    return file


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """Return options on a small data set."""
    wet = make_wet_set(tmp_path / "data")

    def make(out: str, **more: Any) -> AugmentOptions:  # noqa: ANN401 (settings)
        told = {"labels": wet.labels, "out": tmp_path / out, "width": 48, "workers": 0, "device": "cpu"}
        return AugmentOptions(**{**told, "precision": "fp32", **more})

    return make


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Prepare a job whose networks work elsewhere; to build one on a device is an error."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network was built here")

    def prepared(options: AugmentOptions, place: Place) -> AugmentJob:
        monkeypatch.setattr(jobs, "place_of", lambda *_: place)
        monkeypatch.setattr(DeviceGenerator, "__init__", refuse)
        monkeypatch.setattr(Segmenter, "__init__", refuse)
        return open_job(options)

    return prepared


def pictures(job: AugmentJob) -> dict[str, bytes]:
    """What is written of each picture."""
    return {task.output: (job.folder.path / task.output).read_bytes() for task in job.tasks}


@pytest.mark.parametrize("mixed", [False, True], ids=["a generator", "a mixture, water and road-lite"])
def test_pictures_are_the_same_to_the_byte_where_no_weights_are(
    mixed: bool, options: Options, prepare: Prepare, published: Path, own: Path, tmp_path: Path
) -> None:
    if mixed:
        pytest.importorskip("mmseg")
    weights = f"{published}=1,{own}=2" if mixed else str(published)
    told = {"weights": weights, "water": "heavy" if mixed else "none"}
    done(augment(options("here", **told)))
    job = prepare(options("there", **told), CPU)
    published.unlink()
    own.unlink()
    with job.opened(overwrite=False):
        kinds = done_elsewhere(job.work(), job.tasks, tmp_path / "sent")
    assert kinds == ["Done"] * len(job.tasks)
    here = {name: (tmp_path / "here" / name).read_bytes() for name in pictures(job)}
    assert pictures(job) == here
    assert {job.plan.drawing.of(task).generator for task in job.tasks} == ({0, 1} if mixed else {0})


@pytest.mark.parametrize("water", ["none", "heavy"])
def test_this_machine_need_not_have_the_device(
    water: str, options: Options, prepare: Prepare, published: Path, tmp_path: Path
) -> None:
    if water != "none":
        pytest.importorskip("mmseg")
    told = options("out", weights=str(published), water=water, device="auto", precision="auto")
    job = prepare(told, CUDA)
    assert (job.method.device, job.method.precision) == (CUDA.device, CUDA.precision)
    assert "cuda, bf16" in job.method.described()
    assert job.settings["precision"] == "bf16"
    assert done(check(told, thorough=True))["translate"] == 6  # which decodes here, and asks no device


def test_what_is_sent_has_each_file_once(
    options: Options, prepare: Prepare, published: Path, own: Path, tmp_path: Path
) -> None:
    job = prepare(options("out", weights=f"{published}=1,{own}=2", water="none"), CPU)
    sizes = published.stat().st_size + own.stat().st_size
    assert sizes < len(pickle.dumps(job.method.effect, protocol=5)) < sizes + 10_000
    apart: list[pickle.PickleBuffer] = []
    assert len(pickle.dumps(job.method.effect, protocol=5, buffer_callback=apart.append)) < 10_000
    assert sum(one.raw().nbytes for one in apart) == sizes
