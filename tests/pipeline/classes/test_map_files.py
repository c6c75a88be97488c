"""Label maps as files: what the program reads, and what the eye sees."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.map_files import class_names, classes_file, encode_map

PALETTE = ((10, 20, 30), (40, 50, 60), (70, 80, 90))


def test_values_are_class_ids_and_colours_those_of_the_palette(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 2, 255], [2, 2, 7, 0]], dtype=np.uint8)
    data = encode_map(ids, PALETTE)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "P", (4, 2))
        assert np.array_equal(np.asarray(image), ids)
        colours = np.asarray(image.convert("RGB"))
    assert [tuple(colour) for colour in colours[0].tolist()] == [*PALETTE, (0, 0, 0)]
    assert tuple(colours[1, 2].tolist()) == (0, 0, 0)
    assert data[24] == 8  # bits of a sample in the header of a PNG
    (tmp_path / "map.png").write_bytes(data)
    found = read_label_map(tmp_path / "map.png", 100, (4, 2))
    assert not found.in_colour
    assert np.array_equal(found.values, ids)


@pytest.mark.parametrize("classes", [1, 2, 255])
def test_any_number_of_classes_has_eight_bits(classes: int) -> None:
    palette = [(number, 0, 255 - number) for number in range(classes)]
    data = encode_map(np.full((3, 3), classes - 1, np.uint8), palette)
    assert data[24] == 8
    with Image.open(io.BytesIO(data)) as image:
        assert image.convert("RGB").getpixel((0, 0)) == palette[-1]


def test_the_list_of_classes_is_read_back(tmp_path: Path) -> None:
    content = classes_file(["road", "sky ☁"], PALETTE[:2], {"model": "some"})
    (tmp_path / "classes.json").write_bytes(content)
    assert class_names(tmp_path) == ["road", "sky ☁"]
    assert json.loads(content) == {
        "model": "some",
        "ignore": 255,
        "classes": ["road", "sky ☁"],
        "palette": [[10, 20, 30], [40, 50, 60]],
    }


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"classes": 3}', b"[" * 100_000, b"\xff\xfe"])
def test_a_list_of_classes_that_is_not_ours_tells_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "classes.json").write_bytes(content)
    assert class_names(tmp_path) is None
