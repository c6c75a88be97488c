"""The job: the pictures of a preview are those that ``augment`` makes."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.augment.job import augment
from pipeline.augment.map_network import MapNetwork
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.events import Done, Event, Finished, Found, Skip
from pipeline.preview.job import open_job, preview
from pipeline.preview.options import PreviewOptions
from pipeline.translate import jobs
from tests.conftest import Painter
from tests.pipeline.augment.wet_set import WetSet, make_wet_set
from tpsence.errors import InputError

LOSSLESS = ["b.png", "d.png", "night.png", "wall.png"]


@pytest.fixture(scope="module")
def wet(tmp_path_factory: pytest.TempPathFactory) -> WetSet:
    return make_wet_set(tmp_path_factory.mktemp("wet"))


def options_of(source: Path, weights: Path | str | None, out: Path, **settings: Any) -> PreviewOptions:  # noqa: ANN401
    """Return options for a small generator, or for none."""
    of_generator: dict[str, Any] = {"width": 48, "weights": str(weights)} if weights else {"water_only": True}
    return PreviewOptions(source=source, out=out, device="cpu", **of_generator, **settings)


def pixels_of(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def ended(events: Iterator[Event]) -> Finished:
    *_, finished = events
    assert isinstance(finished, Finished)
    return finished


@pytest.mark.parametrize("water_only", [False, True], ids=["generator", "water alone"])
def test_every_column_is_what_augment_writes_to_the_level(
    wet: WetSet, tiny_weights: Path, tmp_path: Path, water_only: bool
) -> None:
    compared = {"water": "light,heavy"} if water_only else {"strengths": "0.5,1", "water": "none,heavy"}
    weights = None if water_only else tiny_weights
    job = open_job(options_of(wet.labels, weights, tmp_path / "looks", seed=5, number=6, **compared))
    made = {}
    for picture in job.setup.chosen.pictures:
        if picture.name in LOSSLESS:
            before, makers = job.rendered(picture)
            made[picture.name] = [make() for make in makers]
            assert any(not np.array_equal(one, before) for one in made[picture.name])
    assert sorted(made) == LOSSLESS
    for place, column in enumerate(job.setup.columns):
        out = tmp_path / str(place)
        list(augment(column.options.model_copy(update={"out": out})))
        for name, pictures in made.items():
            assert np.array_equal(pictures[place], pixels_of(out / "images" / name)), (column.caption, name)


def test_a_page_and_a_sheet_are_written_and_told(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    told = options_of(wet.labels, tiny_weights, tmp_path / "looks", number=2, strengths="0.5,1")
    first, *events, finished = preview(told)
    assert isinstance(first, Found)
    assert first.total == 4
    assert [type(one) for one in events] == [Done] * 4
    assert isinstance(finished, Finished)
    summary = finished.summary
    assert (summary["page"], summary["sheet"]) == tuple(
        str(tmp_path / "looks" / name) for name in ("preview.html", "preview.png")
    )
    assert len(summary["pictures"]) == 2
    assert [one["strength"] for one in summary["columns"]] == [0.5, 1.0]
    page = Path(summary["page"]).read_text()
    data = re.findall(r'src="data:image/webp;base64,([^"]+)"', page)
    assert [Image.open(io.BytesIO(base64.b64decode(one))).size for one in data] == [(96, 64)] * 6
    assert page.count("car</title>") == 2
    assert Path(summary["sheet"]).is_file()


def test_the_same_preview_is_the_same_files(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    def files(out: Path) -> list[bytes]:
        list(preview(options_of(wet.labels, tiny_weights, out, number=2, strengths="1")))
        return [(out / name).read_bytes() for name in ("preview.html", "preview.png")]

    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_networks_are_asked_once_a_picture_whatever_is_compared(
    wet: WetSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"generator": 0, "maps": 0}
    change, transform = DeviceGenerator.change, MapNetwork.transform

    def counted_change(self: DeviceGenerator, batch: Any) -> Any:  # noqa: ANN401 (a tensor)
        asked["generator"] += len(batch)
        return change(self, batch)

    def counted_maps(self: MapNetwork, group: Any) -> Any:  # noqa: ANN401 (of what it has prepared)
        asked["maps"] += len(group)
        return transform(self, group)

    monkeypatch.setattr(DeviceGenerator, "change", counted_change)
    monkeypatch.setattr(MapNetwork, "transform", counted_maps)
    other = tmp_path / "latest_net_G.pth"
    other.write_bytes(tiny_weights.read_bytes())
    both = f"{tiny_weights},{other}"
    told = options_of(wet.labels, both, tmp_path / "looks", number=2, strengths="0.5,1", water="light,heavy")
    list(preview(told))
    assert asked == {"generator": 2 * 2, "maps": 2}


def test_without_water_no_label_maps_are_made(
    wet: WetSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MapNetwork, "__init__", None)
    assert ended(preview(options_of(wet.labels, tiny_weights, tmp_path / "looks", water="none"))).summary["complete"]


def test_a_picture_that_does_not_decode_is_left_out_and_named(
    tiny_weights: Path, tmp_path: Path, paint: Painter
) -> None:
    for seed, name in enumerate(("a.png", "b.png")):
        paint(tmp_path / "photos" / name, seed=seed)
    whole = (tmp_path / "photos" / "a.png").read_bytes()
    (tmp_path / "photos" / "a.png").write_bytes(whole[: len(whole) // 2])
    told = options_of(tmp_path / "photos", tiny_weights, tmp_path / "looks", water="none")
    *events, finished = preview(told)
    assert [one.file for one in events if isinstance(one, Skip)] == ["a.png"]
    assert isinstance(finished, Finished)
    assert finished.skips == 1
    assert finished.summary["pictures"] == ["b.png"]
    assert finished.summary["skipped"] == {"truncated": 1}
    assert "Left out: a.png (truncated" in (tmp_path / "looks" / "preview.html").read_text()
    (tmp_path / "photos" / "b.png").unlink()
    with pytest.raises(InputError, match=r"none of 1 picture can be read, for example a.png: truncated"):
        list(preview(told))


@pytest.mark.parametrize(
    ("weights", "is_noted"), [("rain", True), ("{tiny},rain", True), ("{tiny}", False), (None, False)]
)
def test_a_name_with_two_meanings_is_noted_whichever_of_the_weights_it_is(
    weights: str | None,
    is_noted: bool,
    wet: WetSet,
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rain").mkdir()
    told = options_of(wet.images, weights and weights.format(tiny=tiny_weights), tmp_path / "looks")
    found = next(preview(told))
    assert isinstance(found, Found)
    assert any("rain means the weights that come with tpsence" in one for one in found.warnings) is is_noted


def test_what_is_stopped_writes_nothing(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    told = options_of(wet.labels, tiny_weights, tmp_path / "looks", water="none")
    stops = iter([False, True, True, True])
    finished = ended(preview(told, stop=lambda: next(stops)))
    assert finished.stopped
    assert not (tmp_path / "looks").exists()


def test_what_is_read_stays_as_it_was(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in wet.labels.parent.rglob("*") if file.is_file()}
    list(preview(options_of(wet.labels, tiny_weights, tmp_path / "looks", water="none")))
    assert {file: file.read_bytes() for file in wet.labels.parent.rglob("*") if file.is_file()} == before


def test_the_front_door_takes_settings_by_name(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> None:
    told: dict[str, Any] = {"source": wet.images, "weights": str(tiny_weights), "out": tmp_path, "number": 1}
    finished = ended(jobs.preview(**told, strengths=[0.5, 1.5], device="cpu", width=48))
    assert [one["caption"] for one in finished.summary["columns"]] == [
        "no water, strength 0.5",
        "no water, strength 1.5",
    ]
