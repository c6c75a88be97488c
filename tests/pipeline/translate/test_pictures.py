"""Pictures as people have them: to 8-bit RGB and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision import tv_tensors

from pipeline.translate.pictures import opened, opened_all
from tests.conftest import Painter
from tpsence.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
CHANNELS_FIRST = torch.from_numpy(PIXELS).permute(2, 0, 1)


@pytest.mark.parametrize(
    "picture",
    [
        PIXELS,
        PIXELS[:, ::-1][:, ::-1],
        np.asfortranarray(PIXELS),
        PIXELS / np.float32(255),
        PIXELS / np.float64(255),
        CHANNELS_FIRST,
        CHANNELS_FIRST.contiguous(),
        CHANNELS_FIRST.float() / 255,
        (CHANNELS_FIRST.float() / 255).double().requires_grad_(),
        tv_tensors.Image(CHANNELS_FIRST),
    ],
)
def test_arrays_and_tensors_come_back_as_they_were(picture: Any) -> None:  # noqa: ANN401
    one = opened(picture)
    assert one.size == (7, 5)
    assert np.array_equal(one.pixels, PIXELS)
    back = one.restored(one.pixels)
    assert type(back) is type(picture)
    assert back.dtype == picture.dtype
    assert back.shape == picture.shape
    assert np.allclose(np.asarray(back), np.asarray(picture.detach() if hasattr(picture, "detach") else picture))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_floats_hold_every_level(dtype: torch.dtype) -> None:
    halves = (CHANNELS_FIRST.float() / 255).to(dtype)
    back = opened(halves).restored(PIXELS)
    assert back.dtype == dtype
    assert torch.equal(back, halves)


def test_what_comes_back_shares_no_memory_with_what_was_given() -> None:
    for picture in (PIXELS, CHANNELS_FIRST):
        one = opened(picture)
        back = one.restored(one.pixels)
        assert not np.shares_memory(np.asarray(back), np.asarray(picture))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "1", "LA", "F", "I"])
def test_a_pil_picture_of_any_mode_becomes_rgb(mode: str) -> None:
    picture = Image.fromarray(PIXELS).convert("L" if mode in {"F", "I"} else "RGB").convert(mode)
    picture.info["dpi"] = (72, 72)
    one = opened(picture)
    back = one.restored(one.pixels)
    assert back.mode == "RGB"
    assert back.size == (7, 5)
    assert back.info["dpi"] == (72, 72)
    if mode == "RGB":
        assert np.array_equal(np.asarray(back), PIXELS)


def test_a_pil_picture_keeps_its_frame(tmp_path: Path, paint: Painter) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(paint(tmp_path / "turned.jpg", exif=exif)) as picture:
        one = opened(picture)
        assert one.size == (24, 16)
        assert one.restored(one.pixels).getexif()[0x0112] == 6


@pytest.mark.parametrize(
    ("picture", "message", "hint"),
    [
        (PIXELS[..., 0], "(5, 7): not (H, W, 3)", "gray one becomes RGB"),
        (PIXELS[..., :1], "(5, 7, 1): not (H, W, 3)", "gray one becomes RGB"),
        (np.zeros((5, 7, 4), np.uint8), "(5, 7, 4)", "transparency"),
        (PIXELS.transpose(2, 0, 1), "(3, 5, 7): not (H, W, 3)", "numpy.transpose(picture, (1, 2, 0))"),
        (CHANNELS_FIRST.permute(1, 2, 0), "(5, 7, 3): not (3, H, W)", "picture.permute(2, 0, 1)"),
        (CHANNELS_FIRST[:1], "(1, 5, 7): not (3, H, W)", "gray one becomes RGB"),
        (PIXELS.astype(np.float32), "floats from", "Divide by 255"),
        (CHANNELS_FIRST.float(), "floats from", "Divide by 255"),
        (CHANNELS_FIRST.float() / 127.5 - 1, "floats from -1", "Undo the normalisation"),
        (np.full((5, 7, 3), np.nan), "floats from nan", "Bring them to 0 to 1"),
        (np.full((5, 7, 3), 1e4), "floats from 1e+04", "Bring them to 0 to 1"),
        (PIXELS.astype(np.int64), "an array of int64", "uint8"),
        (CHANNELS_FIRST.long(), "a tensor of torch.int64", "uint8"),
        (np.zeros((0, 7, 3), np.uint8), "no pixels", "PIL picture"),
        (torch.zeros(3, 0, 7), "no pixels", "PIL picture"),
        ("street.jpg", "a str: not a picture", "PIL.Image.open"),
        (Path("street.jpg"), "Path: not a picture", "PIL.Image.open"),
        (None, "a NoneType: not a picture", "PIL picture"),
    ],
)
def test_what_is_no_picture_gets_a_line(picture: object, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(picture)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "\n" not in caught.value.message


def test_a_file_that_is_cut_off_is_named(tmp_path: Path, paint: Painter) -> None:
    file = paint(tmp_path / "cut.png", (200, 200))
    file.write_bytes(file.read_bytes()[:2000])
    with Image.open(file) as picture, pytest.raises(InputError, match=r"cut\.png"):
        opened(picture)


@pytest.mark.parametrize("hide", [list, tuple])
def test_of_several_the_bad_one_is_told(hide: Callable[[list[NDArray[Any]]], Any]) -> None:
    with pytest.raises(InputError, match="picture 2 of 3: an array of shape"):
        opened_all(hide([PIXELS, PIXELS[0], PIXELS]))
    with pytest.raises(InputError, match="empty list"):
        opened_all(hide([]))
