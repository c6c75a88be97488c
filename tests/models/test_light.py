"""The light of an overcast day that is rendered into clear pictures."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import light
from pipeline.effects.linear_light import to_linear
from pipeline.metrics.hue import HuePlanes
from tests.pipeline.effects.sunny_street import BUILDING_ID, CAR_ID, SKY_ID, TREE_ID, sunny_street

Pixels = NDArray[np.uint8]


@pytest.fixture
def look() -> light.Look:
    """About that of BDD100K's rainy frames."""
    return light.Look(
        sky=np.array([[0.89, 0.91, 0.93], [0.68, 0.72, 0.73]], dtype=np.float32),
        ground=np.linspace(-4.4, -1.0, 25),
        standing=np.linspace(-5.0, -0.4, 25),
        tint=np.array([-0.03, 0.0, 0.01]),
    )


def level(pixels: Pixels, rows: slice, columns: slice) -> float:
    """Return the mean of a part."""
    return float(pixels[rows, columns].mean())


def contrast(pixels: Pixels, one: slice, other: slice) -> float:
    """Return the logarithm of the light of some columns of the road over that of others."""
    linear = to_linear(pixels)[130:170]
    return float(np.log(linear[:, one].mean() / linear[:, other].mean()))


def test_a_night_is_left_alone(look: light.Look) -> None:
    pixels, ids = sunny_street()
    dark = pixels // 9
    assert light.render(dark, ids, look) is dark


def test_the_same_picture_gets_the_same_target(look: light.Look) -> None:
    pixels, ids = sunny_street()
    before = pixels.copy()
    assert np.array_equal(light.render(pixels, ids, look), light.render(pixels, ids, look))
    assert np.array_equal(pixels, before)


def test_the_sky_is_nearly_white_and_has_no_clouds(look: light.Look) -> None:
    made = light.render(*sunny_street(), look)
    sky = made[5:35, 20:300].astype(int)
    assert sky.min() > 215
    assert np.ptp(sky, axis=1).max() <= 3  # along a row
    assert (sky.max(axis=2) - sky.min(axis=2)).max() < 12


def test_a_wire_before_the_sky_stays(look: light.Look) -> None:
    made = light.render(*sunny_street(), look)
    columns = slice(90, 200)
    assert level(made, slice(60, 61), columns) < 0.75 * level(made, slice(52, 56), columns)


def test_no_blue_is_left_beside_a_tree(look: light.Look) -> None:
    made = light.render(*sunny_street(), look).astype(int)
    edge = made[30:50, 230:310]
    assert (edge[..., 2] - np.maximum(edge[..., 0], edge[..., 1])).max() < 14


def test_a_shadow_leaves_the_road_and_paint_stays(look: light.Look) -> None:
    pixels, ids = sunny_street()
    made = light.render(pixels, ids, look)
    lit, shade = slice(100, 140), slice(180, 220)
    assert contrast(made, lit, shade) < 0.4 * contrast(pixels, lit, shade)
    for paint, beside in ((slice(81, 83), slice(90, 110)), (slice(241, 243), slice(250, 270))):
        assert contrast(made, paint, beside) > 0.6 * contrast(pixels, paint, beside)


def test_hues_stay(look: light.Look) -> None:
    pixels, ids = sunny_street()
    made = light.render(pixels, ids, look)
    planes = HuePlanes.of(pixels, made)
    for part in (ids == CAR_ID, ids == TREE_ID, ids == BUILDING_ID):
        turned, weight, before, left = planes.values[part].sum(axis=0)
        assert turned / weight < 8
        assert 0.5 < left / before < 1.3


def test_a_piece_of_sky_on_the_road_is_none(look: light.Look) -> None:
    pixels, ids = sunny_street()
    ids[120:150, 20:60] = SKY_ID
    made = light.render(pixels, ids, look)
    assert level(made, slice(120, 150), slice(20, 60)) < 190


def test_a_folder_is_rendered_and_a_picture_without_map_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, ids = sunny_street()
    for folder, content in (("images", pixels), ("maps", ids), ("real", pixels), ("real_maps", ids)):
        (tmp_path / folder).mkdir()
        Image.fromarray(content).save(tmp_path / folder / "a.png")
    words = [f"--{name}={tmp_path / name.replace('-', '_')}" for name in ("images", "maps", "real", "real-maps", "out")]
    monkeypatch.setattr("sys.argv", ["light.py", *words])
    light.main()
    with Image.open(tmp_path / "out" / "a.png") as made:
        assert made.size == (320, 180)
    Image.fromarray(pixels).save(tmp_path / "images" / "b.png")
    with pytest.raises(SystemExit, match=r"b.png: no label map"):
        light.main()
