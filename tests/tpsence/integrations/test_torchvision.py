"""The transform of torchvision: what changes, what stays, what is drawn, and that it can be sent."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

import tpsence
from tests.tpsence.integrations.conftest import Told
from tpsence.errors import InputError
from tpsence.integrations.torchvision import Rain

FORMATS = {
    "XYXY": (6, 4, 30, 20),
    "XYWH": (6, 4, 24, 16),
    "CXCYWH": (18, 12, 24, 16),
    "CXCYWHR": (18, 12, 24, 16, 0),
    "XYXYXYXY": (18, 4, 30, 12, 18, 20, 6, 12),
}
"""The same box of a picture of 40 by 20, the last a rhomb in it."""


@pytest.fixture
def picture(pixels: NDArray[np.uint8]) -> Tensor:
    """A random picture, (3, 20, 40)."""
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def boxes(form: str = "XYXY") -> Any:  # noqa: ANN401 (has no types)
    """Return a box in one of the formats."""
    if not hasattr(tv_tensors.BoundingBoxFormat, form):
        pytest.skip("a torchvision without turned boxes")
    return tv_tensors.BoundingBoxes(torch.tensor([FORMATS[form]]).float(), format=form, canvas_size=(20, 40))


@pytest.mark.parametrize("form", FORMATS)
def test_all_but_the_picture_stays_and_boxes_are_handed_on(told: Told, picture: Tensor, form: str) -> None:
    sample = {"boxes": boxes(form), "masks": tv_tensors.Mask(picture[:1]), "labels": torch.tensor([1]), "id": 3}
    image, target = Rain(p=1)(tv_tensors.Image(picture), sample)
    assert type(image) is tv_tensors.Image
    assert torch.equal(image, 255 - picture)
    assert all(target[key] is sample[key] for key in sample)
    assert told.calls[0]["boxes"][0] == pytest.approx(np.array([[6, 4, 30, 20]]), abs=1e-4)


def test_all_boxes_of_a_sample_are_handed_on(told: Told, picture: Tensor) -> None:
    none = tv_tensors.BoundingBoxes(torch.zeros(0, 4), format="XYXY", canvas_size=(20, 40))
    whole = tv_tensors.BoundingBoxes(torch.tensor([[0, 0, 2, 3]]), format="XYWH", canvas_size=(20, 40))
    Rain(p=1)(picture, boxes(), none, whole)
    assert told.calls[0]["boxes"][0].tolist() == [[6, 4, 30, 20], [0, 0, 2, 3]]
    Rain(p=1)(picture, none)
    Rain(p=1)(picture)
    assert [call["boxes"] for call in told.calls[1:]] == [None, None]


def test_a_plain_tensor_is_a_picture_where_no_other_part_is(told: Told, picture: Tensor) -> None:
    label = torch.tensor([1])
    first, second = Rain(p=1)(picture, label)
    assert type(first) is Tensor
    assert torch.equal(first, 255 - picture)
    assert second is label
    image, plain = Rain(p=1)(v2.functional.to_pil_image(picture), picture)
    assert isinstance(image, Image.Image)
    assert torch.equal(v2.functional.pil_to_tensor(image), 255 - picture)
    assert plain is picture


@pytest.mark.parametrize("kind", [Tensor, tv_tensors.Image, tv_tensors.Video])
@pytest.mark.parametrize("shape", [(2, 3, 20, 40), (1, 2, 3, 20, 40)])
def test_frames_and_batches_get_the_same_rain(
    told: Told, picture: Tensor, kind: Callable[[Tensor], Any], shape: tuple[int, ...]
) -> None:
    given = torch.stack([picture, picture // 2]).reshape(shape)
    out = Rain(p=1)(given if kind is Tensor else kind(given))
    assert type(out) is kind
    assert torch.equal(out, 255 - given)
    assert len(told.calls) == 1
    assert len(told.calls[0]["seed"]) == 2
    assert len(set(told.calls[0]["seed"])) == 1


def test_no_frames_stay_no_frames(told: Told) -> None:
    assert Rain(p=1)(torch.zeros(0, 3, 4, 4)).shape == (0, 3, 4, 4)


def test_the_seed_of_torch_repeats_all_that_is_drawn(told: Told, picture: Tensor) -> None:
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        told.calls.clear()
        for _ in range(30):
            Rain()(picture)
        drawn.append([(call["strength"], call["water"], call["seed"][0]) for call in told.calls])
    assert drawn[0] == drawn[1] != drawn[2]
    assert 5 < len(drawn[0]) < 25
    assert {water for _, water, _ in drawn[0]} == {"light", "moderate", "heavy"}


def test_none_are_put_into_rain_with_a_probability_of_none(told: Told, picture: Tensor) -> None:
    assert Rain(p=0)(picture) is picture
    assert told.loads == []


def test_it_goes_into_a_chain_of_transforms(told: Told, picture: Tensor) -> None:
    chain = v2.Compose([v2.RandomHorizontalFlip(1), Rain(p=1), v2.ToDtype(torch.float32, scale=True)])
    out, _ = chain(tv_tensors.Image(picture), boxes())
    assert torch.equal(out, v2.functional.to_dtype(255 - picture.flip(-1), torch.float32, scale=True))
    assert told.calls[0]["boxes"][0].tolist() == [[10, 4, 34, 20]]


def test_copies_have_the_settings_alone(told: Told, picture: Tensor) -> None:
    transform = Rain("runs/a.pth", 0.5, "heavy", torch.device("cpu"), "fp32", 320, "light", 1.0)
    transform(picture)
    pickled = pickle.dumps(transform)
    assert len(pickled) < 10_000
    for one in (copy.deepcopy(transform), pickle.loads(pickled)):  # noqa: S301 (our own)
        one(picture)
        assert repr(one) == repr(transform)
    assert len(told.loads) == 1
    assert told.loads[0] == {
        "weights": "runs/a.pth",
        "device": "cpu",
        "precision": "fp32",
        "width": 320,
        "detail": "light",
    }
    assert all((call["strength"], call["water"]) == (0.5, "heavy") for call in told.calls)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"strength": (0.6, 2)}, r"`strength`: \(0.6, 2\) is no number, nor a range, of 0 to 1.5"),
        ({"water": "drizzle"}, "`water`: 'drizzle' is no level, nor a range of levels"),
        ({"weights": 3}, "`weights`: 3 is no path"),
        ({"p": 2}, "`p`: 2 is no probability"),
        ({"p": "often"}, "`p`: 'often' is no probability"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Rain(**setting)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float16])
def test_it_makes_what_the_translator_makes(tiny_weights: Path, picture: Tensor, dtype: torch.dtype) -> None:
    given = v2.functional.to_dtype(picture, dtype, scale=True)
    out = Rain(tiny_weights, strength=0.8, water="none", width=32, p=1)(tv_tensors.Image(given))
    wanted = tpsence.load(tiny_weights, device="cpu", width=32)(given, strength=0.8, water="none")
    assert type(out) is tv_tensors.Image
    assert out.dtype == dtype
    assert torch.equal(out, wanted)
    assert not torch.equal(out, given)


@pytest.mark.parametrize("shape", [(20, 40), (1, 20, 40), (4, 20, 40), (20, 40, 3)])
def test_tensors_that_are_no_pictures_in_colour_are_refused(tiny_weights: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"a tensor of shape \(.*: not \(3, H, W\)"):
        Rain(tiny_weights, p=1)(torch.zeros(shape))


class Pictures(Dataset[tuple[Tensor, int]]):
    """The same picture in rain, with the seed that its worker began with."""

    def __init__(self, weights: Path) -> None:
        self.transform = Rain(weights, water="none", width=32, strength=(0.1, 1.5), p=1)

    def __len__(self) -> int:
        return 4

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        rainy: Tensor = self.transform(torch.full((3, 20, 40), 100, dtype=torch.uint8))
        return rainy, place


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns wherever there are threads
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_draw_from_their_own_seeds(tiny_weights: Path, start: str) -> None:
    pictures = Pictures(tiny_weights)
    pictures[0]
    generator = torch.Generator()
    epochs = []
    for seed in (1, 1, 2) if start == "fork" else (1,):
        loader = DataLoader(
            pictures,
            batch_size=None,
            num_workers=2 if start == "fork" else 1,  # a process that is spawned imports for seconds
            multiprocessing_context=start,
            generator=generator.manual_seed(seed),
        )
        epochs.append(torch.stack([rainy for rainy, _ in loader]))
    assert len({rainy.numpy().tobytes() for rainy in epochs[0]}) == 4
    if start == "fork":
        assert torch.equal(epochs[0], epochs[1])
        assert not torch.equal(epochs[0], epochs[2])
