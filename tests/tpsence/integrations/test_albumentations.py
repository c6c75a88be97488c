"""The transform of albumentations: what changes, what stays, what is drawn, and that it can be saved and sent."""

import copy
import json
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import albumentations as A
import numpy as np
import pytest
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

import tpsence
from tests.tpsence.integrations.conftest import Told
from tpsence.errors import InputError
from tpsence.integrations.albumentations import Rain

Pixels = NDArray[np.uint8]
BOX = {
    "pascal_voc": (6, 4, 30, 20),
    "coco": (6, 4, 24, 16),
    "yolo": (0.45, 0.6, 0.6, 0.8),
    "albumentations": (0.15, 0.2, 0.75, 1.0),
}
"""The same box of a picture of 40 by 20."""


def boxed(*transforms: object, form: str = "pascal_voc", seed: int | None = 0) -> Any:  # noqa: ANN401 (has no types)
    """Put transforms together for samples with boxes."""
    return A.Compose(list(transforms), bbox_params=A.BboxParams(form, label_fields=["labels"]), seed=seed)


@pytest.mark.parametrize("form", BOX)
def test_boxes_of_every_format_are_handed_on_and_come_back(told: Told, pixels: Pixels, form: str) -> None:
    out = boxed(Rain(p=1), form=form)(image=pixels, bboxes=[BOX[form]], labels=["car"])
    assert np.array_equal(out["image"], 255 - pixels)
    assert out["bboxes"] == [pytest.approx(BOX[form], abs=1e-5)]
    assert out["labels"] == ["car"]
    assert told.calls[0]["boxes"][0] == pytest.approx(np.array([BOX["pascal_voc"]]), abs=1e-5)


def test_boxes_are_those_of_the_picture_as_it_arrives(told: Told, pixels: Pixels) -> None:
    flipped = boxed(A.HorizontalFlip(p=1), Rain(p=1))
    flipped(image=pixels, bboxes=[(6, 4, 30, 20)], labels=[1])
    assert told.calls[0]["boxes"][0] == pytest.approx(np.array([[10, 4, 34, 20]]), abs=1e-5)


@pytest.mark.filterwarnings("error")
def test_a_sample_needs_no_boxes(told: Told, pixels: Pixels) -> None:
    A.Compose([Rain(p=1)])(image=pixels)
    Rain(p=1)(image=pixels)
    boxed(Rain(p=1))(image=pixels, bboxes=[], labels=[])
    assert [call["boxes"] for call in told.calls] == [None, None, None]


def test_boxes_of_other_names_are_handed_on_too(told: Told, pixels: Pixels) -> None:
    more = {"image2": "image", "others": "bboxes"}
    transform = A.Compose([Rain(p=1)], bbox_params=A.BboxParams("pascal_voc"), additional_targets=more)
    out = transform(image=pixels, image2=pixels, bboxes=[(1, 2, 3, 4, 0)], others=[(5, 6, 7, 8, 1)])
    assert np.array_equal(out["image2"], out["image"])
    assert all(
        call["boxes"][0] == pytest.approx(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), abs=1e-5) for call in told.calls
    )


def test_boxes_of_an_unknown_format_are_refused(told: Told, pixels: Pixels) -> None:
    with pytest.raises(InputError, match="does not know the format of `bboxes`") as refused:
        A.Compose([Rain(p=1)])(image=pixels, bboxes=[(1, 2, 3, 4)])
    assert refused.value.hint == "Give `bbox_params` to albumentations.Compose, or leave `bboxes` out of the sample."


def test_of_turned_boxes_the_upright_ones_around_them_are_handed_on(told: Told, pixels: Pixels) -> None:
    box = [6 / 40, 4 / 20, 30 / 40, 20 / 20]
    Rain().apply(pixels, strength=1.0, water=None, seed=0, objects=[[*box, 0.0], [*box, 90.0], [*box, -180.0]])
    assert told.calls[0]["boxes"][0] == pytest.approx(np.array([[6, 4, 30, 20], [10, 0, 26, 24], [6, 4, 30, 20]]))


def test_albumentationsx_asks_by_another_method(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(A, "SampledParams", SimpleNamespace, raising=False)
    sampling = SimpleNamespace(py_random=random.Random(0), applied_overrides={})  # noqa: S311
    transform = Rain()
    transform.set_random_seed(0)
    sampled = transform.sample_parameters(params={}, data={}, targets=None, sampling=sampling)
    assert sampled.params == transform.get_params_dependent_on_data({}, {})
    assert sampling.applied_overrides == {name: sampled.params[name] for name in ("strength", "water")}


def test_masks_and_key_points_stay(told: Told, pixels: Pixels) -> None:
    mask = pixels[..., 0]
    transform = A.Compose([A.NoOp(), Rain(p=1)], keypoint_params=A.KeypointParams("xy"))
    out = transform(image=pixels, mask=mask, masks=[mask, mask], keypoints=[(3.5, 7.25)])
    assert np.array_equal(out["mask"], mask)
    assert all(np.array_equal(one, mask) for one in out["masks"])
    assert np.array_equal(out["keypoints"], [(3.5, 7.25)])


def test_a_seed_repeats_all_that_is_drawn(told: Told, pixels: Pixels) -> None:
    drawn = []
    for seed in (1, 1, 2):
        transform = A.Compose([Rain()], seed=seed)
        told.calls.clear()
        for _ in range(30):
            transform(image=pixels)
        drawn.append([(call["strength"], call["water"], call["seed"][0]) for call in told.calls])
    assert drawn[0] == drawn[1] != drawn[2]
    assert 5 < len(drawn[0]) < 25
    assert {water for _, water, _ in drawn[0]} == {"light", "moderate", "heavy"}


def test_none_are_put_into_rain_with_a_probability_of_none(told: Told, pixels: Pixels) -> None:
    assert A.Compose([Rain(p=0)])(image=pixels)["image"] is pixels
    assert told.loads == []


@pytest.mark.parametrize("kind", [np.array, list])
def test_the_frames_of_a_sample_get_the_same_rain(
    told: Told, pixels: Pixels, kind: Callable[[list[Pixels]], Any]
) -> None:
    frames = A.Compose([Rain(p=1)])(images=kind([pixels, pixels // 2]))["images"]
    assert type(frames) is (list if kind is list else np.ndarray)
    assert np.array_equal(frames, [255 - pixels, 255 - pixels // 2])
    assert len(told.calls) == 1
    assert len(set(told.calls[0]["seed"])) == 1


def test_no_frames_stay_no_frames(told: Told) -> None:
    assert np.shape(Rain(p=1).apply_to_images(np.zeros((0, 4, 4, 3), np.uint8))) == (0, 4, 4, 3)


def test_a_replay_repeats_the_rain(told: Told, pixels: Pixels) -> None:
    transform = A.ReplayCompose([Rain(p=1)], bbox_params=A.BboxParams("coco", label_fields=["labels"]))
    sample = {"image": pixels, "bboxes": [BOX["coco"]], "labels": [1]}
    replay = json.loads(json.dumps(transform(**sample)["replay"]))
    A.ReplayCompose.replay(replay, **sample)
    first, second = told.calls
    assert all(first[key] == second[key] for key in ("strength", "water", "seed"))
    assert np.array_equal(first["boxes"], second["boxes"])


SETTINGS: dict[str, Any] = {
    "weights": "runs/a.pth",
    "strength": (0.3, 0.9),
    "water": ("none", "moderate"),
    "device": "cuda:1",
    "precision": "fp32",
    "width": 320,
    "detail": "light",
    "p": 0.25,
}


def test_a_saved_transform_is_loaded_as_it_was(tmp_path: Path) -> None:
    transform = A.Compose([Rain(**SETTINGS)])
    copies = [A.from_dict(json.loads(json.dumps(A.to_dict(transform)))), copy.deepcopy(transform)]
    copies.append(pickle.loads(pickle.dumps(transform)))  # noqa: S301 (our own)
    for form in ("json", "yaml"):
        A.save(transform, tmp_path / form, data_format=form)
        copies.append(A.load(tmp_path / form, data_format=form))
    for one in copies:
        assert {name: getattr(one[0], name) for name in SETTINGS} == SETTINGS
        assert repr(one[0]) == repr(transform[0])
    assert "strength=(0.3, 0.9), water=('none', 'moderate'), weights='runs/a.pth', width=320" in repr(transform[0])


def test_a_transform_in_use_is_copied_without_its_translator(told: Told, pixels: Pixels) -> None:
    transform = Rain(p=1)
    transform(image=pixels)
    assert len(pickle.dumps(transform)) < 10_000
    copy.deepcopy(transform)(image=pixels)
    assert len(told.loads) == 1


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"strength": (0.6, 2)}, r"`strength`: \(0.6, 2\) is no number, nor a range, of 0 to 1.5. Give a number"),
        ({"water": "drizzle"}, "`water`: 'drizzle' is no level, nor a range of levels: none, light, moderate, heavy."),
        ({"water": ("heavy", "light")}, r"`water`: \('heavy', 'light'\) is no level, nor a range"),
        ({"weights": 3}, "`weights`: 3 is no path"),
        ({"p": 2}, "(?s)p.*less than or equal to 1"),
        ({"width": 1.5}, "(?s)width.*valid integer"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Rain(**setting)


def rained(weights: Path, picture: NDArray[Any], **asked: Any) -> NDArray[Any]:  # noqa: ANN401
    """Return what a translator makes of a picture."""
    result: NDArray[Any] = tpsence.load(weights, device="cpu", width=32)(picture, **asked)
    return result


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_it_makes_what_the_translator_makes(tiny_weights: Path, pixels: Pixels, dtype: str) -> None:
    picture = pixels if dtype == "uint8" else (pixels / 255).astype(np.float32)
    transform = boxed(Rain(tiny_weights, strength=0.8, water="none", width=32, p=1))
    out = transform(image=picture, bboxes=[(6, 4, 30, 20)], labels=[1])["image"]
    assert out.dtype == dtype
    assert np.array_equal(out, rained(tiny_weights, picture, strength=0.8, water="none"))
    assert not np.array_equal(out, picture)


def test_water_falls_as_the_seed_says_and_keeps_off_boxes(tiny_weights: Path, pixels: Pixels) -> None:
    picture = np.repeat(np.repeat(pixels, 6, axis=0), 6, axis=1)
    transform = boxed(Rain(tiny_weights, water="heavy", width=32, p=1))
    sample = {"image": picture, "bboxes": [(30, 40, 90, 110)], "labels": [1]}
    out, other = (transform(**sample)["image"] for _ in range(2))
    told = transform[0].params
    assert not np.array_equal(out, other)
    asked = {"strength": told["strength"], "water": "heavy", "seed": told["seed"]}
    boxes = np.array(told["objects"])[:, :4] * [240, 120, 240, 120]
    assert np.array_equal(other, rained(tiny_weights, picture, **asked, boxes=boxes))


@pytest.mark.parametrize("shape", [(20, 40), (20, 40, 1), (20, 40, 4)])
def test_pictures_that_are_not_in_colour_are_refused(tiny_weights: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"an array of shape \(20, 40.*: not \(H, W, 3\)"):
        Rain(tiny_weights, p=1)(image=np.zeros(shape, np.uint8))


class Pictures(Dataset[Pixels]):
    """Random pictures in rain."""

    def __init__(self, weights: Path) -> None:
        self.transform = A.Compose([Rain(weights, water="none", width=32, strength=1.0, p=1)])

    def __len__(self) -> int:
        return 4

    def __getitem__(self, place: int) -> Pixels:
        pixels = np.random.default_rng(place).integers(0, 256, (20, 40, 3), dtype=np.uint8)
        rainy: Pixels = self.transform(image=pixels)["image"]
        return rainy


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns wherever there are threads
def test_workers_make_what_the_main_process_makes(tiny_weights: Path) -> None:
    pictures = Pictures(tiny_weights)
    here = [pictures[place] for place in range(len(pictures))]
    there = DataLoader(pictures, batch_size=None, num_workers=2, multiprocessing_context="fork")
    assert all(np.array_equal(one, other) for one, other in zip(here, there, strict=True))


def test_without_albumentations_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['albumentations'] = None; import tpsence.integrations.albumentations"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.splitlines()[-1] == (
        "ImportError: tpsence.integrations.albumentations needs albumentations: pip install 'tpsence[albumentations]'"
    )
