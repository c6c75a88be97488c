"""Wet ground: what it leaves alone, where it mirrors what, and what it does to the ground itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.change import Change
from pipeline.effects.layout import Layout, lay_out
from pipeline.effects.linear_light import Linear, Plane, luminance, to_linear
from pipeline.effects.scene import Region, Scene
from pipeline.effects.wet_ground import puddle_noise, wet_ground
from tests.pipeline.effects.drawn_streets import CAR, EXAMPLES, PERSON, draw_street, scenes

WIDTH, HEIGHT, CONTACT = 512, 288, 140
WETNESS = [0.45, 0.85, 1.0]


def before_a_wall(light: Linear, *, night: bool = False) -> Layout:
    """Return the layout (h, w) of flat ground before a wall that stands in the row ``CONTACT``."""
    regions = np.full(light.shape[:2], Region.OTHER, dtype=np.uint8)
    regions[CONTACT:] = Region.GROUND
    return lay_out(light, Scene(regions=regions, is_night=night), (WIDTH, HEIGHT), (CONTACT - 14) / HEIGHT)


def wall(level: float, ground: float = 0.1) -> Linear:
    """Return light (h, w, 3): an even wall, and ground before it."""
    light = np.full((HEIGHT, WIDTH, 3), level, dtype=np.float32)
    light[CONTACT:] = ground
    return light


def added(light: Linear, layout: Layout, wetness: float = 0.85) -> Plane:
    """Return what wet ground adds (h, w)."""
    return np.asarray(wet_ground(light, layout, wetness, 0).added.mean(axis=2))


def after(light: Linear, change: Change) -> Linear:
    """Return the light after a change."""
    return light * change.gain[..., None] + change.added


@EXAMPLES
@given(scenes(), st.floats(0, 1), st.integers(0, 99))
def test_what_holds_for_any_scene(drawn: tuple[NDArray[np.uint8], Scene], wetness: float, seed: int) -> None:
    pixels, scene = drawn
    light = to_linear(pixels)
    layout = lay_out(light, scene, (pixels.shape[1], pixels.shape[0]))
    change = wet_ground(light, layout, wetness, seed)
    assert change.gain.shape == pixels.shape[:2]
    assert change.added.shape == pixels.shape
    assert change.gain.dtype == change.added.dtype == np.float32
    assert np.isfinite(change.gain).all()
    assert np.isfinite(change.added).all()
    assert change.gain.min() >= 0
    assert change.gain.max() <= 1
    assert change.added.min() >= 0
    assert (change.gain[layout.objects] == 1).all()
    assert (change.added[layout.objects] == 0).all()
    if not layout.ground.any() or wetness == 0:
        assert (change.gain == 1).all()
        assert (change.added == 0).all()


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("wetness", WETNESS)
def test_nothing_changes_off_the_ground(wetness: float, *, night: bool) -> None:
    street = draw_street(night=night)
    layout = street.layout()
    change = wet_ground(street.light, layout, wetness, 3)
    near = 2 + int(6 * layout.unit)  # the edge is soft
    rows, columns = np.nonzero(layout.ground)
    reached = np.zeros_like(layout.ground)
    for down in range(-near, near + 1):
        for across in (-near, 0, near):
            reached[np.clip(rows + down, 0, len(reached) - 1), np.clip(columns + across, 0, reached.shape[1] - 1)] = (
                True
            )
    assert (~reached).mean() > 0.3
    assert (change.gain[~reached] == 1).all()
    assert (change.added[~reached] == 0).all()


@pytest.mark.parametrize("wetness", WETNESS)
def test_nothing_changes_within_labelled_boxes(wetness: float) -> None:
    street = draw_street()
    change = wet_ground(street.light, street.layout(), wetness, 3)
    height, width = change.gain.shape
    for x0, y0, x1, y1 in (CAR, PERSON):
        inside = slice(int(y0 * height) + 1, int(y1 * height) - 1), slice(int(x0 * width) + 1, int(x1 * width) - 1)
        assert (change.gain[inside] == 1).all()
        assert (change.added[inside] == 0).all()


def test_dry_ground_stays_as_it_is() -> None:
    street = draw_street()
    change = wet_ground(street.light, street.layout(), 0.0, 3)
    assert (change.gain == 1).all()
    assert (change.added == 0).all()


def test_the_wetter_the_more_it_changes() -> None:
    street = draw_street()
    layout = street.layout()
    changes = [wet_ground(street.light, layout, wetness, 3) for wetness in (0.0, 0.2, 0.45, 0.85, 1.0)]
    gains = [float(change.gain.mean()) for change in changes]
    more = [float(change.added.mean()) for change in changes]
    assert gains == sorted(gains, reverse=True)
    assert more == sorted(more)
    assert len(set(gains)) == len(set(more)) == 5


@pytest.mark.parametrize("up", [6, 12, 25, 45, 70])
def test_what_is_bright_above_the_contact_line_is_mirrored_as_far_below_it(up: int) -> None:
    """What is added by a bright bar, in shares of what a wall as bright all over adds."""
    dark, bright, bar = wall(0.02), wall(0.4), wall(0.02)
    bar[CONTACT - up - 2 : CONTACT - up + 3] = 0.4
    layout = before_a_wall(dark)
    none, whole, some = (added(light, layout).mean(axis=1)[CONTACT + 1 :] for light in (dark, bright, bar))
    share = (some - none) / np.maximum(whole - none, 1e-6)
    down = np.arange(1, len(share) + 1)
    assert down[share.argmax()] == pytest.approx(up, abs=3 + 0.3 * up)
    near = down < 2.5 * up + 8
    middle = float((share * down)[near].sum() / share[near].sum())
    assert middle == pytest.approx(up, abs=3 + 0.25 * up)


def test_a_mirror_image_is_below_what_it_shows_and_not_beside_it() -> None:
    dark, post = wall(0.02), wall(0.02)
    post[40:CONTACT, 240:260] = 0.4
    layout = before_a_wall(dark)
    more = (added(post, layout) - added(dark, layout))[CONTACT + 2 :]
    columns = more.sum(axis=0)
    middle = float((columns * np.arange(WIDTH)).sum() / columns.sum())
    assert middle == pytest.approx(249.5, abs=3)
    assert columns[220:280].sum() > 0.9 * columns.sum()


@pytest.mark.parametrize("wetness", WETNESS)
def test_far_ground_mirrors_more_than_near_ground(wetness: float) -> None:
    light = wall(0.3)
    rows = added(light, before_a_wall(light), wetness).mean(axis=1)[CONTACT + 6 :]
    parts = [float(part.mean()) for part in np.array_split(rows, 4)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] > 2 * parts[3]


@pytest.mark.parametrize("wetness", WETNESS)
@pytest.mark.parametrize("night", [False, True])
def test_lane_markings_stay_visible(wetness: float, *, night: bool) -> None:
    """Their contrast to the asphalt beside them, by the light of the brighter: at least half is left."""
    street = draw_street((512, 288), night=night, things=False)
    light, layout = street.light, street.layout()
    wet = luminance(after(light, wet_ground(light, layout, wetness, 3)))
    dry = luminance(light)
    for rows in (slice(160, 200), slice(200, 240), slice(240, 288)):
        columns = slice(130, 360)
        paint = street.markings[rows, columns]
        kept = []
        for plane in (dry[rows, columns], wet[rows, columns]):
            bright, dark = float(np.median(plane[paint])), float(np.median(plane[~paint]))
            kept.append((bright - dark) / bright)
        assert kept[1] > 0.5 * kept[0]


@pytest.mark.parametrize("wetness", WETNESS)
def test_ground_gets_darker_where_it_mirrors_what_is_dark(wetness: float) -> None:
    light = wall(0.01)
    layout = before_a_wall(light)
    wet = after(light, wet_ground(light, layout, wetness, 3))
    assert (wet[CONTACT + 8 :].mean(axis=(1, 2)) < 0.9 * 0.1).all()


def test_far_ground_gets_brighter_under_a_bright_sky() -> None:
    light = wall(0.9)
    wet = after(light, wet_ground(light, before_a_wall(light), 1.0, 3))
    assert wet[CONTACT + 8 : CONTACT + 30].mean() > 0.1


def test_a_lamp_by_night_leaves_a_streak() -> None:
    """Where half of the most is added; several times as long as wide."""
    dark = wall(0.004, ground=0.01)
    lit = dark.copy()
    lit[CONTACT - 34 : CONTACT - 30, 254:258] = 1.0
    layout = before_a_wall(dark, night=True)
    more = added(lit, layout, 1.0) - added(dark, layout, 1.0)
    half = more > 0.5 * more.max()
    high = np.ptp(np.flatnonzero(half.any(axis=1))) + 1
    wide = np.ptp(np.flatnonzero(half.any(axis=0))) + 1
    assert high > 3 * wide
    assert more.max() > 0.05
    some = more > 0.1 * more.max()
    assert np.ptp(np.flatnonzero(some.any(axis=1))) > 40


@pytest.mark.parametrize("wetness", WETNESS)
def test_no_upright_seam_between_what_is_dark_and_what_is_bright(wetness: float) -> None:
    """From one column to the next no row of the mirror image changes by more than a fifth of the difference."""
    light = wall(0.02)
    light[:CONTACT, WIDTH // 2 :] = 0.5
    layout = before_a_wall(light)
    total = added(wall(0.5), layout, wetness) - added(wall(0.02), layout, wetness)
    rows = slice(CONTACT + int(50 * layout.unit), HEIGHT)
    steps = np.abs(np.diff(added(light, layout, wetness)[rows], axis=1))
    assert (steps.max(axis=1) < 0.2 * total[rows].mean(axis=1)).all()


def test_nor_below_an_object_that_stands_nearer() -> None:
    """The car's image ends beside that of the houses far behind it."""
    street = draw_street(night=False)
    light, layout = street.light, street.layout()
    image = added(light, layout, 1.0)
    height, width = image.shape
    rows = slice(int(CAR[3] * height + 50 * layout.unit), height)
    beside = int(CAR[0] * width)
    near = image[rows, beside - 40 : beside + 40]
    steps = np.abs(np.diff(near, axis=1)).max(axis=1)
    assert (steps < 0.25 * near.max(axis=1)).all()


def test_puddles_lie_elsewhere_with_another_seed() -> None:
    street = draw_street()
    layout = street.layout()
    first, again, other = (wet_ground(street.light, layout, 0.85, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.added, again.added)
    np.testing.assert_array_equal(first.gain, again.gain)
    assert np.abs(first.gain - other.gain).max() > 0.02


def test_a_change_is_found_without_touching_the_picture() -> None:
    street = draw_street()
    light, layout = street.light, street.layout()
    before = light.copy(), layout.ground.copy(), layout.contact.copy()
    wet_ground(light, layout, 1.0, 0)
    for now, then in zip((light, layout.ground, layout.contact), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_noise_of_puddles_continues_at_its_edges() -> None:
    noise = puddle_noise()
    assert float(noise.mean()) == pytest.approx(0, abs=1e-4)
    assert float(noise.std()) == pytest.approx(1, abs=1e-4)
    for axis in (0, 1):
        rolled = np.abs(np.diff(np.take(noise, [0, -1], axis=axis), axis=axis)).max()
        assert rolled <= np.abs(np.diff(noise, axis=axis)).max() * 1.2


def test_under_a_box_larger_than_the_picture_nothing_gets_wet() -> None:

    street = draw_street()
    huge = replace(street, objects=(replace(street.objects[0], box=(-1e9, -1e9, 1e9, 1e9)),))
    change = wet_ground(huge.light, huge.layout(), 1.0, 0)
    assert (change.gain == 1).all()
    assert (change.added == 0).all()
