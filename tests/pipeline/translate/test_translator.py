"""Pictures in memory, translated: equal to what ``augment`` writes."""

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from typing_extensions import assert_type

from pipeline.images.skips import PictureError, Reason
from pipeline.translate.jobs import augment
from pipeline.translate.load import load
from pipeline.translate.translator import Translator
from tests.pipeline.augment.wet_set import CLASSES, WetSet, make_wet_set, street, street_map
from tpsence.errors import InputError

BOX = [[30, 20, 50, 44]]
"""The car of every picture of the wet set."""
MAP = street_map((96, 64))
PICTURE = street(MAP, seed=1)
ASKED: dict[str, Any] = {
    "strength": 0.7,
    "water": "heavy",
    "seed": 5,
    "water_amounts": {"haze": 0.5},
    "horizon": 0.45,
    "drops": 0.3,
}
"""Settings that the command and the translator have in common."""
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def translator(tiny_weights: Path) -> Translator:
    return load(tiny_weights, "cpu", width=48)


@pytest.fixture(scope="module")
def wet(tmp_path_factory: pytest.TempPathFactory) -> WetSet:
    return make_wet_set(tmp_path_factory.mktemp("wet"))


def pixels_of(file: Path) -> Pixels:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def written(wet: WetSet, tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``augment`` makes of the data set, with maps, heavy water and another seed."""
    out = tmp_path_factory.mktemp("written") / "out"
    data: dict[str, Any] = {"labels": wet.labels, "images": wet.images, "out": out, "maps": wet.maps}
    for _ in augment(**data, weights=str(tiny_weights), device="cpu", width=48, **ASKED):
        pass
    return out


def test_a_list_is_what_augment_writes(translator: Translator, wet: WetSet, written: Path) -> None:
    names = [name for name in wet.names if name.endswith(".png")]
    pictures = [pixels_of(wet.images / name) for name in names]
    ids = [np.asarray(Image.open(wet.maps / name)) for name in names]
    made = translator(pictures, label_map=ids, boxes=[BOX] * len(names), name=names, classes=CLASSES, **ASKED)
    for name, one, before in zip(names, made, pictures, strict=True):
        assert np.abs(one.astype(int) - pixels_of(written / "images" / name)).max() <= 1
        assert not np.array_equal(one, before)


def test_a_single_one_is_that_of_the_list(translator: Translator) -> None:
    pictures = [street(MAP, seed=seed) for seed in range(3)]
    together = translator(pictures, label_map=[MAP] * 3, classes=CLASSES, **ASKED)
    for place, picture in enumerate(pictures):
        alone = translator(picture, label_map=MAP, classes=CLASSES, **{**ASKED, "seed": 5 + place})
        assert np.array_equal(alone, together[place])


def test_every_kind_gives_the_same_pixels(translator: Translator) -> None:
    tensor = torch.from_numpy(PICTURE).permute(2, 0, 1)
    given: list[Any] = [PICTURE, Image.fromarray(PICTURE), tensor, tensor.float() / 255, PICTURE / np.float32(255)]
    array, picture, levels, shares, floats = translator(given, seed=[3] * 5)
    assert np.array_equal(np.asarray(picture), array)
    assert np.array_equal(levels.permute(1, 2, 0).numpy(), array)
    assert np.array_equal((shares * 255).round().permute(1, 2, 0).numpy(), array)
    assert np.array_equal(np.rint(floats * 255), array)


def test_a_type_checker_knows_what_comes_back(translator: Translator) -> None:
    tensor = torch.from_numpy(PICTURE).permute(2, 0, 1)
    assert_type(translator(PICTURE), NDArray[Any])
    assert_type(translator(Image.fromarray(PICTURE)), Image.Image)
    assert_type(translator(tensor), torch.Tensor)
    assert_type(translator([tensor], boxes=[None]), list[torch.Tensor])


def test_a_batch_comes_back_as_one(translator: Translator) -> None:
    batch = torch.from_numpy(np.stack([PICTURE, PICTURE[:, ::-1]])).permute(0, 3, 1, 2)
    told: dict[str, Any] = {"water": "heavy", "classes": CLASSES}
    made = translator(batch, seed=[2, 5], label_map=torch.from_numpy(MAP).expand(2, -1, -1), boxes=[BOX, None], **told)
    assert made.shape == batch.shape
    assert made.dtype == torch.uint8
    alone = translator(PICTURE, seed=2, label_map=MAP, boxes=BOX, **told)
    assert torch.equal(made[0].permute(1, 2, 0), torch.from_numpy(alone))


def test_pictures_of_a_list_may_differ_in_size(translator: Translator) -> None:
    pictures = [street(street_map(size), seed=1) for size in ((96, 64), (30, 50), (1, 1), (96, 64))]
    assert [one.shape for one in translator(pictures)] == [one.shape for one in pictures]


def test_the_picture_that_was_given_stays_as_it_was(translator: Translator) -> None:
    before = PICTURE.copy()
    made = translator(PICTURE, strength=0)
    made[:] = 0
    assert np.array_equal(PICTURE, before)


def test_strength_zero_and_no_water_change_nothing(translator: Translator) -> None:
    assert np.array_equal(translator(PICTURE, strength=0.0, water="none"), PICTURE)


def test_published_weights_ask_for_no_water_and_any_can_be_told(translator: Translator) -> None:
    assert np.array_equal(translator(PICTURE), translator(PICTURE, water="none"))
    wet = translator(PICTURE, water="heavy", label_map=MAP, classes=CLASSES)
    assert not np.array_equal(wet, translator(PICTURE))
    assert not np.array_equal(wet, translator(PICTURE, water="light", label_map=MAP, classes=CLASSES))
    assert not np.array_equal(wet, translator(PICTURE, water="heavy", label_map=MAP, classes=CLASSES, seed=1))


def test_boxes_keep_drops_off(translator: Translator) -> None:
    def covered(boxes: list[list[int]] | None) -> float:
        told: dict[str, Any] = {"water": "heavy", "label_map": MAP, "classes": CLASSES, "boxes": boxes, "drops": 0.0}
        wet, dry = (translator(PICTURE, seed=4, water_amounts={"drops": drops}, **told) for drops in (1, 0))
        return float((wet != dry).mean())

    assert covered([[0, 0, 96, 64]]) == 0
    assert covered(None) > 0.01


def test_threads_may_share_it(translator: Translator) -> None:
    def made(seed: int) -> Pixels:
        return translator(
            street(MAP, seed=seed), label_map=MAP, classes=CLASSES, **{**ASKED, "strength": seed / 8, "seed": seed}
        )

    alone = [made(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(made, range(8)))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_it_can_be_sent(translator: Translator) -> None:
    arrived = pickle.loads(pickle.dumps(translator))  # noqa: S301 (made here)
    assert np.array_equal(arrived(PICTURE, seed=1), translator(PICTURE, seed=1))
    assert np.array_equal(arrived(PICTURE, strength=0.5), translator(PICTURE, strength=0.5))
    assert repr(arrived) == repr(translator)


def test_it_says_what_it_is(translator: Translator) -> None:
    assert repr(translator) == "<Translator: 4 blocks, ngf 4, on cpu, fp32>"
    assert "CamVid" in translator.terms[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strength": 2.0}, "`strength`: out of range"),
        ({"water": "soup"}, "`water` 'soup'"),
        ({"water": "none", "label_map": MAP}, "`label_map` goes with water"),
        ({"label_map": MAP}, "`label_map` goes with water"),
        ({"water": "light", "drops": 2.0}, "`drops`: out of range"),
        ({"water": "light", "horizon": 1.0}, "`horizon`: out of range"),
        ({"water": "light", "water_amounts": {"fog": 1.0}}, "no such setting"),
        ({"boxes": [[0, 0, 1]]}, "not (N, 4)"),
    ],
)
def test_bad_settings_get_a_line(translator: Translator, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        translator(PICTURE, **settings)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_picture_that_does_not_fit_is_told(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object) -> Iterator[object]:
        raise PictureError(Reason.OUT_OF_MEMORY, "too large at 9000x9000; lower the width")

    monkeypatch.setattr("pipeline.effects.generator.GeneratorEffect.prepare", too_large)
    with pytest.raises(InputError, match="picture 1 of 2: too large at 9000x9000") as caught:
        translator([PICTURE, PICTURE])
    assert "width" in (caught.value.hint or "")


def test_water_alone_needs_no_generator() -> None:
    alone = load(None, "cpu")
    made = alone(PICTURE, water="heavy", label_map=MAP, classes=CLASSES)
    assert not np.array_equal(made, PICTURE)
    assert np.array_equal(
        alone(PICTURE, label_map=MAP, classes=CLASSES),
        alone(PICTURE, water="moderate", label_map=MAP, classes=CLASSES),
    )
    with pytest.raises(InputError, match="would change nothing"):
        alone(PICTURE, water="none")
    with pytest.raises(InputError, match="`strength` is the generator's"):
        alone(PICTURE, strength=0.5)


@pytest.mark.parametrize("told", [{"strength": "0.5..1"}, {"strength": (0.5, 1.0)}, {"water": "light,heavy"}])
def test_one_call_has_one_strength_and_one_level(translator: Translator, told: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="`strength` and `water`: several values for one picture"):
        translator(PICTURE, **told)
