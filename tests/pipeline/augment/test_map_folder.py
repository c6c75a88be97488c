"""Label maps of the user's: which must be there, what they mean, and what is wrong with those that cannot be used."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.augment.map_folder import MapFolder, map_name, open_maps
from pipeline.classes.map_files import CLASSES_FILE
from pipeline.effects.layout import working_size
from pipeline.effects.scene import Region
from pipeline.engine.tasks import Action, Task
from pipeline.images.skips import PictureError, Reason, Skip
from tests.pipeline.augment.wet_set import CLASSES, PALETTE, ROAD, put_map, street_map
from tpsence.errors import InputError

SIZE = (96, 64)
PLENTY = 10**8


def tasks(*names: str) -> list[Task]:
    return [Task(name, name, Action.TRANSLATE, None) for name in names]


def opened(folder: Path, *names: str) -> MapFolder:
    """Open the folder of maps of some pictures."""
    return open_maps(folder, folder.parent / "my images", tasks(*names), PLENTY)


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A folder of maps of two pictures, as ``tpsence segment`` writes it."""
    folder = tmp_path / "maps"
    put_map(folder / "a.png", street_map(SIZE))
    put_map(folder / "deep/b.png", street_map(SIZE))
    (folder / CLASSES_FILE).write_text(json.dumps({"classes": CLASSES}))
    return folder


def colours(ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], file: Path) -> None:
    """Write a map in the colours of its classes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(PALETTE, dtype=np.uint8)[ids]).save(file)


def check_regions(found: MapFolder, name: str = "a.jpg") -> None:
    """Check that sky and road are where they were painted."""
    regions = found.regions(name, SIZE, PLENTY)
    assert regions.shape == (64, 96)
    assert (regions[:32] == Region.SKY).all()
    assert (regions[32:] == Region.GROUND).all()


def test_a_map_has_the_name_that_segment_gives_it() -> None:
    assert [map_name(name) for name in ("a.jpg", "deep/b.tar.PNG", "c")] == ["a.png", "deep/b.tar.png", "c.png"]


def test_maps_with_their_classes_are_understood(maps: Path) -> None:
    found = opened(maps, "a.jpg", "deep/b.webp")
    check_regions(found)
    check_regions(found, "deep/b.webp")
    check_regions(pickle.loads(pickle.dumps(found)))  # noqa: S301 (made here)
    assert found.classes_sha256
    (maps / CLASSES_FILE).write_text(json.dumps({"classes": CLASSES, "mine": 1}))
    assert opened(maps, "a.jpg").classes_sha256 != found.classes_sha256


def test_a_large_map_is_kept_at_the_size_that_is_looked_at(maps: Path) -> None:
    put_map(maps / "a.png", street_map((1280, 720)))
    assert opened(maps, "a.jpg").regions("a.jpg", (1280, 720), PLENTY).shape == working_size((1280, 720))[::-1]


def test_ids_that_have_no_class_are_something_else(maps: Path) -> None:
    ids = street_map(SIZE).astype(np.uint16)
    ids[:8], ids[8:16] = 255, 999
    Image.fromarray(ids).save(maps / "a.png")
    regions = opened(maps, "a.jpg").regions("a.jpg", SIZE, PLENTY)
    assert (regions[:16] == Region.OTHER).all()
    assert (regions[16:32] == Region.SKY).all()


def test_missing_maps_are_counted_before_anything_is_written(maps: Path) -> None:
    with pytest.raises(InputError) as caught:
        opened(maps, "a.jpg", "c.jpg", "deep/a.jpg")
    assert caught.value.message == f"{maps}: 2 pictures have no label map, for example c.jpg"
    command = f"tpsence segment --images '{maps.parent / 'my images'}' --out {maps}"
    assert caught.value.hint == f"Make them: {command}"
    with pytest.raises(InputError, match=r"1 picture has no label map, for example c\.jpg"):
        opened(maps, "c.jpg")


def test_a_picture_that_segment_has_skipped_stops_nothing(maps: Path) -> None:
    skip = Skip("notes.jpg", Reason.UNSUPPORTED, "no picture")
    (maps / "skipped.jsonl").write_text(json.dumps(skip.as_dict()) + "\n")
    found = opened(maps, "notes.jpg", "a.jpg")
    check_regions(found)
    with pytest.raises(PictureError, match="its label map") as caught:
        found.regions("notes.jpg", SIZE, PLENTY)
    assert caught.value.reason is Reason.MISSING
    with pytest.raises(InputError, match=r"1 picture has no label map, for example c\.jpg"):
        opened(maps, "notes.jpg", "c.jpg")


def test_where_maps_cannot_be_made_another_folder_is_advised(maps: Path) -> None:
    (maps / CLASSES_FILE).unlink()  # something else's folder
    images = maps.parent / "my images"
    for place in (maps, images / "maps"):  # segment does not write into the folder of the pictures
        with pytest.raises(InputError) as caught:
            open_maps(place, images, tasks("c.jpg"), PLENTY)
        command = f"tpsence segment --images '{images}' --out MAPS"
        assert caught.value.hint == f"Make them: {command}, with a new folder, and give that with `maps`"


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_folder_that_is_none_is_refused(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "maps"
    if kind == "file":
        place.write_text("x")
    with pytest.raises(InputError, match="not a folder" if kind == "file" else "no such folder") as caught:
        opened(place, "a.jpg")
    assert "tpsence segment --images" in str(caught.value.hint)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"classes": 3}'])
def test_ids_without_classes_say_what_is_missing(content: str | None, maps: Path) -> None:
    (maps / CLASSES_FILE).unlink()
    if content is not None:
        (maps / CLASSES_FILE).write_text(content)
    Image.fromarray(street_map(SIZE)).save(maps / "a.png")  # in gray: no palette of the file's own
    with pytest.raises(InputError, match=r"no classes\.json beside the label maps") as caught:
        opened(maps, "a.jpg")
    assert '{"classes": ["road", "sky", ...]}' in str(caught.value.hint)


def test_classes_without_ground_are_refused_by_name(maps: Path) -> None:
    (maps / CLASSES_FILE).write_text(json.dumps({"classes": ["sky", "ro\nad sign"]}))
    with pytest.raises(InputError, match=r"none of the classes of the label maps is ground: sky, ro\\nad sign"):
        opened(maps, "a.jpg")


@pytest.mark.parametrize("with_classes", [True, False])
def test_maps_in_the_colours_of_a_known_palette_are_understood(with_classes: bool, maps: Path) -> None:
    pytest.importorskip("mmseg")
    if not with_classes:
        (maps / CLASSES_FILE).unlink()
    colours(street_map(SIZE), maps / "a.png")
    check_regions(opened(maps, "a.jpg"))


def test_the_palette_of_a_file_tells_its_classes_where_nothing_else_does(maps: Path) -> None:
    pytest.importorskip("mmseg")
    from pipeline.classes.map_files import encode_map
    from pipeline.classes.schemes import find_scheme

    (maps / CLASSES_FILE).unlink()
    scheme = find_scheme("cityscapes")
    ids = np.where(street_map(SIZE) == ROAD, scheme.classes.index("road"), scheme.classes.index("sky")).astype(np.uint8)
    (maps / "a.png").write_bytes(encode_map(ids, scheme.palette))
    check_regions(opened(maps, "a.jpg"))


def test_colours_that_nobody_knows_are_refused(maps: Path) -> None:
    pytest.importorskip("mmseg")
    Image.new("RGB", SIZE, (1, 2, 3)).save(maps / "a.png")
    with pytest.raises(InputError, match=r"colours that are not known: the colour \(1, 2, 3\)") as caught:
        opened(maps, "a.jpg")
    assert caught.value.hint
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)).save(maps / "a.png")
    with pytest.raises(InputError, match="too many for a label map"):
        opened(maps, "a.jpg")


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (b"junk", Reason.UNSUPPORTED, ""),
        ((40, 64), Reason.WRONG_SIZE, "its label map: the map is 40x64, its picture 96x64"),
    ],
)
def test_a_map_that_cannot_be_used_is_the_skip_of_its_picture(
    content: bytes | tuple[int, int], reason: Reason, detail: str, maps: Path
) -> None:
    if isinstance(content, bytes):
        (maps / "a.png").write_bytes(content)
    else:
        put_map(maps / "a.png", street_map(content))
    found = opened(maps, "a.jpg", "deep/b.jpg")
    with pytest.raises(PictureError) as caught:
        found.regions("a.jpg", SIZE, PLENTY)
    assert caught.value.reason is reason
    assert caught.value.detail.startswith(detail or "its label map: ")
    check_regions(found, "deep/b.jpg")
