"""Samples: picture and map cut alike, at random but repeatable, whoever loads them."""

import contextlib
import multiprocessing
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.classes.palettes import Palette
from pipeline.errors import RunError
from pipeline.train.crops import ColourJitter, Window, frame_size, training_size
from pipeline.train.enums import Direction
from pipeline.train.samples import Batch, Similarity, UnpairedSamples, batches
from pipeline.train.steps import StepPlan
from pipeline.train.unpaired import UnpairedData, open_unpaired
from pipeline.train.unpaired_check import check_unpaired
from tests.conftest import ROOT
from tests.generators import result_of

STREET = ROOT / "examples" / "street"
PLENTY = 10**8
INK = np.array([[10, 240, 0], [90, 0, 200], [170, 120, 60], [250, 60, 120]], dtype=np.uint8)
"""The colour of each class in the pictures here."""
LARGE = 300
"""Class ids of the maps here are the class times this, so that 8 bits do not hold them."""


class Spy:
    """Keeps the maps that it is asked about."""

    def __init__(self) -> None:
        self.source: list[Tensor] = []
        self.target: list[Tensor] = []

    def __call__(self, source: Tensor, target: Tensor) -> Tensor:
        self.source.append(source)
        self.target.append(target)
        return (source == target).float().mean((1, 2))


def same(source: Tensor, target: Tensor) -> Tensor:
    """Share of equal pixels."""
    return (source == target).float().mean((1, 2))


def draw(root: Path, folders: tuple[str, str], name: str, size: tuple[int, int], seed: int) -> None:
    """Write a picture of large blocks and its map: the colour tells the class. Every 2nd is stored lying."""
    width, height = size
    classes = np.random.default_rng(seed).integers(0, 4, (height // 8 + 1, width // 8 + 1))
    classes = np.kron(classes, np.ones((8, 8), dtype=int))[:height, :width]
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = 6 if seed % 2 else 1
    stored = np.rot90(classes) if seed % 2 else classes
    Image.fromarray(INK[stored]).save(root / folders[0] / f"{name}.png", exif=exif)
    Image.fromarray((classes * LARGE).astype(np.uint16)).save(root / folders[1] / f"{name}.png")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five sources and three targets of several sizes, drawn in blocks."""
    root = tmp_path_factory.mktemp("blocks")
    for number, size in enumerate([(96, 64), (64, 96), (48, 48), (130, 40), (96, 64)]):
        draw(root, ("trainA", "trainS"), str(number), size, number)
    for number, size in enumerate([(96, 64), (33, 80), (200, 150)]):
        draw(root, ("trainB", "trainT"), str(number), size, 10 + number)
    return root


def plain(root: Path, sources: int, targets: int) -> UnpairedData:
    """Pictures of a single colour, which is their number; targets count from 100. Maps hold the same number."""
    for folder, maps, count, first in (("trainA", "trainS", sources, 0), ("trainB", "trainT", targets, 100)):
        for place in (folder, maps):
            (root / place).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (first + number,) * 3).save(root / folder / f"{number}.png")
            Image.new("L", (8, 8), first + number).save(root / maps / f"{number}.png")
    return opened(root)


def opened(root: Path, needs_maps: bool = True, needs_targets: bool = False) -> UnpairedData:
    return open_unpaired(root, direction=Direction.A_TO_B, needs_maps=needs_maps, needs_targets=needs_targets)


def make(
    data: UnpairedData,
    similarity: Similarity | None = same,
    *,
    palette: Palette | None = None,
    width: int = 8,
    crop: int = 8,
    window: tuple[int, int] | None = None,
    flip: bool = True,
    scales: tuple[float, float] = (1.0, 1.0),
    jitter: float = 0.0,
    seed: int = 0,
    max_pixels: int = PLENTY,
) -> UnpairedSamples:
    return UnpairedSamples(
        data,
        palette,
        similarity,
        width=width,
        window=window or (crop, crop),
        flip=flip,
        scales=scales,
        jitter=jitter,
        seed=seed,
        max_pixels=max_pixels,
    )


def batch_of(samples: UnpairedSamples, positions: Sequence[tuple[int, int]]) -> Batch:
    found = samples[positions]
    assert isinstance(found, Batch)
    return found


def epoch_of(samples: UnpairedSamples, epoch: int, length: int) -> tuple[list[int], list[int]]:
    """The numbers of plain pictures in an epoch, of sources and targets."""
    batch = batch_of(samples, [(epoch, position) for position in range(length)])
    return batch.source[:, 0, 0, 0].tolist(), (batch.target[:, 0, 0, 0] - 100).tolist()


def equal(first: Batch, second: Batch) -> bool:
    return (
        torch.equal(first.source, second.source)
        and torch.equal(first.target, second.target)
        and torch.equal(first.similarity, second.similarity)
    )


# A picture and its map


@pytest.mark.parametrize(("width", "crop"), [(96, 32), (64, 24), (150, 40), (20, 48)])
def test_a_picture_and_its_map_are_scaled_cropped_and_flipped_alike(width: int, crop: int, blocks: Path) -> None:
    spy = Spy()
    samples = make(opened(blocks), spy, width=width, crop=crop)
    batch = batch_of(samples, [(epoch, position) for epoch in range(4) for position in range(5)])
    for pictures, maps in ((batch.source, spy.source[0]), (batch.target, spy.target[0])):
        assert pictures.shape == (20, crop, crop, 3)
        assert maps.shape == (20, crop, crop)
        assert set(np.unique(maps).tolist()) <= {0, LARGE, 2 * LARGE, 3 * LARGE}
        distance = (pictures[..., None, :].int() - torch.from_numpy(INK).int()).abs().sum(-1)
        # Off the edges of the blocks the colour is that of the class. At the edges it is a mixture.
        sharp = distance.min(-1).values <= 3
        assert sharp.float().mean() > 0.2
        assert torch.equal(distance.argmin(-1)[sharp] * LARGE, maps[sharp])


@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.0, 1.3)])
def test_whole_frames_of_pictures_of_any_size_make_a_batch_with_their_maps(
    scales: tuple[float, float], blocks: Path
) -> None:
    spy = Spy()
    window = frame_size([(96, 64), (64, 96), (48, 48), (130, 40), (96, 64)], 96, 24)
    assert window == (96, 64)
    samples = make(opened(blocks), spy, width=96, window=window, scales=scales)
    batch = batch_of(samples, [(epoch, position) for epoch in range(2) for position in range(5)])
    for pictures, maps in ((batch.source, spy.source[0]), (batch.target, spy.target[0])):
        assert pictures.shape == (10, 64, 96, 3)
        assert maps.shape == (10, 64, 96)
        distance = (pictures[..., None, :].int() - torch.from_numpy(INK).int()).abs().sum(-1)
        sharp = distance.min(-1).values <= 3
        assert sharp.float().mean() > 0.2
        assert torch.equal(distance.argmin(-1)[sharp] * LARGE, maps[sharp])


def test_a_whole_frame_is_the_picture(tmp_path: Path) -> None:
    data = gradient(tmp_path, (24, 16))
    batch = batch_of(make(data, None, width=24, window=(24, 16), flip=False), [(0, 0)])
    with Image.open(tmp_path / "trainA/0.png") as picture:
        assert np.array_equal(batch.source[0].numpy(), np.asarray(picture))


def test_types_and_shapes(blocks: Path) -> None:
    spy = Spy()
    batch = batch_of(make(opened(blocks), spy, width=64, crop=16), [(0, 0), (0, 1)])
    assert batch.source.dtype == batch.target.dtype == torch.uint8
    assert (batch.similarity.dtype, batch.similarity.shape) == (torch.float32, (2,))
    assert spy.source[0].dtype == spy.target[0].dtype == torch.int64
    assert torch.equal(batch.similarity, same(spy.source[0], spy.target[0]))
    assert len(spy.source) == 1
    assert batch.source.is_contiguous()
    batch.source.add_(1)


def test_maps_do_not_change_the_pictures_and_are_not_read_without_need(blocks: Path) -> None:
    positions = [(0, position) for position in range(5)]
    with_maps = batch_of(make(opened(blocks), width=64, crop=16), positions)
    for data in (opened(blocks), opened(blocks, needs_maps=False)):
        without = batch_of(make(data, None, width=64, crop=16), positions)
        assert torch.equal(without.source, with_maps.source)
        assert torch.equal(without.target, with_maps.target)
        assert torch.equal(without.similarity, torch.zeros(5))


def test_similarity_without_maps_is_a_mistake(blocks: Path) -> None:
    with pytest.raises(ValueError, match="opened with label maps"):
        make(opened(blocks, needs_maps=False))


def test_maps_in_colour_are_translated(tmp_path: Path) -> None:
    data = plain(tmp_path, 1, 1)
    Image.new("RGB", (8, 8), (1, 0, 2)).save(tmp_path / "trainS/0.png")
    spy = Spy()
    batch_of(make(data, spy, palette=Palette("Test", {0x010002: 77})), [(0, 0)])
    assert np.unique(spy.source[0]).tolist() == [77]
    assert np.unique(spy.target[0]).tolist() == [100]


# Windows


def gradient(root: Path, size: tuple[int, int]) -> UnpairedData:
    """Pictures whose red and green tell the column and the row."""
    width, height = size
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    for folder in ("trainA", "trainB"):
        (root / folder).mkdir()
        Image.fromarray(np.stack([columns, rows, rows], axis=-1)).save(root / folder / "0.png")
    return opened(root, needs_maps=False)


def window_of(picture: NDArray[np.uint8]) -> tuple[int, int, bool]:
    """Left, top and flip of a crop of a gradient."""
    columns, rows = picture[..., 0].astype(int), picture[..., 1].astype(int)
    left, top, flip = int(columns.min()), int(rows.min()), bool(columns[0, 0] > columns[0, -1])
    order = columns[:, ::-1] if flip else columns
    assert np.array_equal(order, np.broadcast_to(left + np.arange(picture.shape[1]), order.shape))
    assert np.array_equal(rows, np.broadcast_to(top + np.arange(len(picture))[:, None], rows.shape))
    return left, top, flip


def test_windows_are_anywhere_within_and_half_are_flipped(tmp_path: Path) -> None:
    samples = make(gradient(tmp_path, (12, 10)), None, width=12, crop=8)
    batch = batch_of(samples, [(epoch, 0) for epoch in range(400)])
    sources = [window_of(picture) for picture in batch.source.numpy()]
    targets = [window_of(picture) for picture in batch.target.numpy()]
    for windows in (sources, targets):
        counts = Counter(windows)
        assert {(left, top) for left, top, _ in counts} == {(x, y) for x in range(5) for y in range(3)}
        assert len(counts) == 30
        assert 150 < sum(flip for *_, flip in windows) < 250
    agree = sum(source == target for source, target in zip(sources, targets, strict=True))
    assert agree < 60
    flips_agree = sum(source[2] == target[2] for source, target in zip(sources, targets, strict=True))
    assert 150 < flips_agree < 250


def test_without_flips_the_windows_are_the_same(tmp_path: Path) -> None:
    data = gradient(tmp_path, (12, 10))
    with_flips, without = (
        batch_of(make(data, None, width=12, flip=flip), [(epoch, 0) for epoch in range(50)]) for flip in (True, False)
    )
    for one, other in ((with_flips.source, without.source), (with_flips.target, without.target)):
        windows, plain_windows = ([window_of(picture) for picture in pictures.numpy()] for pictures in (one, other))
        assert [window[:2] for window in windows] == [window[:2] for window in plain_windows]
        assert {flip for *_, flip in windows} == {True, False}
        assert {flip for *_, flip in plain_windows} == {False}


def test_each_picture_is_scaled_by_a_factor_of_its_own_between_the_ends(tmp_path: Path) -> None:
    samples = make(gradient(tmp_path, (200, 120)), None, width=100, crop=24, flip=False, scales=(0.5, 2.0))
    batch = batch_of(samples, [(epoch, 0) for epoch in range(100)])
    factors = []
    for pictures in (batch.source.numpy(), batch.target.numpy()):
        columns, rows = (pictures[..., channel].astype(float) for channel in (0, 1))
        steps = (columns[:, 12, 20] - columns[:, 12, 4]) / 16  # columns of the file for one of the crop
        assert (rows[:, 20, 12] - rows[:, 4, 12]) / 16 == pytest.approx(steps, abs=0.2)  # the aspect is kept
        factors.append(2 / steps)
    assert np.concatenate(factors).min() == pytest.approx(0.5, abs=0.06)
    assert np.concatenate(factors).max() == pytest.approx(2.0, abs=0.2)
    assert np.abs(factors[0] - factors[1]).mean() > 0.3


def test_a_map_is_scaled_as_its_picture(blocks: Path) -> None:
    spy = Spy()
    batch = batch_of(
        make(opened(blocks), spy, width=96, crop=24, scales=(0.5, 1.5)), [(0, index) for index in range(5)]
    )
    classes = (batch.source.numpy()[:, :, :, None].astype(int) - INK) ** 2
    inside = classes.sum(-1).argmin(-1) * LARGE == spy.source[0].numpy()
    assert inside.mean() > 0.8  # but for the mixed colours at the edges of blocks


def test_one_factor_for_all_is_no_draw(blocks: Path) -> None:
    positions = [(0, index) for index in range(5)]
    assert equal(
        batch_of(make(opened(blocks), width=96, crop=24, scales=(0.5, 0.5)), positions),
        batch_of(make(opened(blocks), width=48, crop=24), positions),
    )


def test_colours_change_by_the_same_factors_in_both_domains(tmp_path: Path) -> None:
    data = plain(tmp_path, 1, 1)
    Image.new("RGB", (8, 8), (100, 120, 90)).save(tmp_path / "trainA" / "0.png")
    Image.new("RGB", (8, 8), (100, 120, 90)).save(tmp_path / "trainB" / "0.png")
    batch = batch_of(make(data, None, jitter=0.3), [(epoch, 0) for epoch in range(200)])
    assert torch.equal(batch.source, batch.target)
    first = batch.source[:, 0, 0].float()
    assert 70 < first.mean(1).min() < 85  # brightness; contrast shows in pictures with an inside
    assert 120 < first.mean(1).max() < 140
    saturation = (first[:, 1] - first[:, 2]) / first.mean(1)
    assert 1.6 < saturation.max() / saturation.min() < 4


def test_contrast_changes_too() -> None:
    pixels = np.repeat(np.array([[50], [150]], dtype=np.uint8), 3, axis=1)[None]
    assert np.ptp(ColourJitter(1.0, 0.5, 1.0).of(pixels)) == 50
    assert np.array_equal(ColourJitter(1.0, 1.0, 1.0).of(pixels), pixels)


def test_colours_do_not_change_the_windows(blocks: Path) -> None:
    still, moved = Spy(), Spy()
    positions = [(0, index) for index in range(5)]
    one, other = (
        batch_of(make(opened(blocks), spy, width=96, crop=24, jitter=jitter), positions)
        for spy, jitter in ((still, 0.0), (moved, 0.5))
    )
    assert not torch.equal(one.source, other.source)
    assert torch.equal(still.source[0], moved.source[0])
    assert torch.equal(still.target[0], moved.target[0])


def test_a_window_is_cut_and_then_flipped() -> None:
    pixels = np.arange(30).reshape(5, 6)
    assert Window(1, 2, width=3, height=2, flip=False).of(pixels).tolist() == [[13, 14, 15], [19, 20, 21]]
    assert Window(1, 2, width=3, height=2, flip=True).of(pixels).tolist() == [[15, 14, 13], [21, 20, 19]]


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1280, 720), (640, 360)),  # the published case
        ((640, 360), (640, 360)),
        ((320, 180), (640, 360)),
        ((1000, 333), (768, 256)),  # 213 rows are too low
        ((1000, 400), (640, 256)),
        ((1000, 401), (640, 256)),
        ((1001, 400), (640, 256)),
        ((100, 400), (640, 2560)),
        ((20, 1), (5120, 256)),
        ((1, 1), (640, 640)),
    ],
)
def test_the_size_before_the_crop(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert training_size(size, 640, (256, 256)) == wanted


def test_a_width_below_the_crop() -> None:
    assert training_size((300, 200), 100, (256, 256)) == (384, 256)
    assert training_size((200, 300), 100, (256, 256)) == (256, 384)


@pytest.mark.parametrize(
    ("size", "width", "wanted"),
    [
        ((1280, 720), 256, (256, 144)),  # a whole frame
        ((1280, 720), 294, (294, 165)),  # by a factor of 1.15: the frame is a window in it
        ((1280, 720), 200, (256, 144)),
        ((640, 480), 256, (256, 192)),
        ((1280, 717), 256, (257, 144)),  # a row too few
        ((2000, 500), 256, (576, 144)),
        ((500, 2000), 256, (256, 1024)),
    ],
)
def test_the_size_before_a_whole_frame_is_cut(size: tuple[int, int], width: int, wanted: tuple[int, int]) -> None:
    assert training_size(size, width, (256, 144)) == wanted


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([(1280, 720)], (256, 144)),
        ([(1280, 720), (640, 360), (640, 480)], (256, 144)),  # most have it
        ([(1280, 720), (640, 480)], (256, 192)),  # of two as common the larger
        ([(640, 480), (1280, 720)], (256, 192)),
        ([(1280, 717)], (256, 144)),  # to a multiple of 4
        ([(1920, 1208)], (256, 160)),
        ([(720, 1280)], (256, 456)),
        ([(2000, 100)], (256, 24)),  # not lower than the networks take
    ],
)
def test_a_whole_frame_has_the_height_of_most_pictures(sizes: list[tuple[int, int]], wanted: tuple[int, int]) -> None:
    assert frame_size(sizes, 256, 24) == wanted


def test_the_aspect_is_kept_and_the_window_fits() -> None:
    random = np.random.default_rng(0)
    for _ in range(2000):
        size = (int(random.integers(1, 2000)), int(random.integers(1, 2000)))
        width, *window = (int(number) for number in random.integers(1, 600, 3))
        found = training_size(size, width, (window[0], window[1]))
        assert found[0] >= max(window[0], width)
        assert found[1] >= window[1]
        assert found[0] == max(width, window[0]) or found[1] == window[1]
        # One side is exact, the other rounded down.
        short = size[0] * found[1], size[1] * found[0]
        assert 0 <= short[1] - short[0] < size[0] or 0 <= short[0] - short[1] < size[1]


# Targets


def inverted(root: Path, names: Sequence[str], folder: str = "trainA") -> None:
    """Write targets of pictures: their negatives, which a scaled, cut and flipped picture tells exactly."""
    (root / "trainP").mkdir(exist_ok=True)
    for name in names:
        with Image.open(root / folder / name) as picture:
            Image.fromarray(255 - np.asarray(picture.convert("RGB"))).save(
                root / "trainP" / name, exif=picture.getexif()
            )


@pytest.fixture(scope="module")
def pairs(blocks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures; three of five have a target, and one of these is stored lying."""
    root = Path(shutil.copytree(blocks, tmp_path_factory.mktemp("pairs") / "root"))
    inverted(root, ["0.png", "1.png", "3.png"])
    return root


@pytest.mark.parametrize("window", [(32, 32), (96, 64)])
def test_a_target_is_scaled_cut_and_flipped_as_its_picture(window: tuple[int, int], pairs: Path) -> None:
    data = opened(pairs, needs_targets=True)
    samples = make(data, width=96, window=window, scales=(1.0, 1.4))
    batch = batch_of(samples, [(epoch, position) for epoch in range(3) for position in range(5)])
    assert batch.wanted is not None
    assert batch.has_target is not None
    assert (batch.wanted.shape, batch.wanted.dtype) == (batch.source.shape, torch.uint8)
    assert (batch.has_target.shape, batch.has_target.dtype) == ((15,), torch.float32)
    assert batch.has_target.sum() == 9
    has = batch.has_target.bool()
    assert (255 - batch.wanted[has].int() - batch.source[has].int()).abs().max() <= 1  # rounded in the other direction
    assert batch.source[has].float().std() > 30
    assert not batch.wanted[~has].any()


def test_which_pictures_have_a_target_is_told_by_name(tmp_path: Path) -> None:
    plain(tmp_path, 6, 1)
    (tmp_path / "trainP").mkdir()
    for number in (1, 4):
        Image.new("RGB", (8, 8), (50 + number,) * 3).save(tmp_path / "trainP" / f"{number}.jpg", quality=100)
    batch = batch_of(make(opened(tmp_path, needs_targets=True)), [(0, position) for position in range(6)])
    assert batch.wanted is not None
    assert batch.has_target is not None
    for source, wanted, has in zip(batch.source, batch.wanted, batch.has_target.tolist(), strict=True):
        number = int(source[0, 0, 0])
        assert has == float(number in (1, 4))
        assert int(wanted[0, 0, 0]) == (50 + number if has else 0)


def test_a_target_s_colours_change_by_the_factors_of_its_picture(tmp_path: Path) -> None:
    data = plain(tmp_path, 1, 1)
    shutil.copytree(tmp_path / "trainA", tmp_path / "trainP")
    for folder in ("trainA", "trainP", "trainB"):
        Image.new("RGB", (8, 8), (100, 120, 90)).save(tmp_path / folder / "0.png")
    data = opened(tmp_path, needs_targets=True)
    batch = batch_of(make(data, None, jitter=0.3), [(epoch, 0) for epoch in range(20)])
    assert batch.wanted is not None
    assert torch.equal(batch.wanted, batch.source)
    assert len({tuple(picture[0, 0].tolist()) for picture in batch.wanted}) > 15


def test_targets_do_not_change_the_other_pictures_and_are_not_read_without_need(pairs: Path) -> None:
    positions = [(0, position) for position in range(5)]
    with_targets = batch_of(make(opened(pairs, needs_targets=True), width=64, crop=16, jitter=0.2), positions)
    without = batch_of(make(opened(pairs), width=64, crop=16, jitter=0.2), positions)
    assert equal(with_targets, without)
    assert without.wanted is None
    assert without.has_target is None


def test_a_target_of_another_size_and_the_same_aspect_is_brought_to_its_picture_s(tmp_path: Path) -> None:
    gradient(tmp_path, (24, 16))
    (tmp_path / "trainP").mkdir()
    with Image.open(tmp_path / "trainA/0.png") as picture:
        picture.resize((96, 64), Image.Resampling.NEAREST).save(tmp_path / "trainP/0.png")
    data = opened(tmp_path, needs_maps=False, needs_targets=True)
    batch = batch_of(make(data, None, width=24, window=(16, 8)), [(epoch, 0) for epoch in range(20)])
    assert batch.wanted is not None
    assert torch.equal(batch.wanted, batch.source)


def test_workers_bring_targets_too(pairs: Path) -> None:
    data = opened(pairs, needs_targets=True)
    samples, plan = make(data, width=64, crop=16), StepPlan(length=5, batch_size=2)
    alone, found = (list(batches(samples, plan, 0, 3, workers, False)) for workers in (0, 1))
    for one, other in zip(alone, found, strict=True):
        assert equal(one, other)
        for values, others in ((one.wanted, other.wanted), (one.has_target, other.has_target)):
            assert values is not None
            assert others is not None
            assert torch.equal(values, others)


# Which pictures


def test_each_source_comes_once_in_an_epoch_in_another_order_each_time(tmp_path: Path) -> None:
    samples = make(plain(tmp_path, 12, 5))
    epochs = [epoch_of(samples, epoch, 12) for epoch in range(20)]
    for sources, _ in epochs:
        assert sorted(sources) == list(range(12))
    assert len({tuple(sources) for sources, _ in epochs}) == 20
    targets = Counter(target for _, targets in epochs for target in targets)
    assert set(targets) == set(range(5))
    assert min(targets.values()) > 25  # 48 each on average
    assert len({tuple(targets) for _, targets in epochs}) == 20


def test_sources_go_by_again_where_targets_are_more(tmp_path: Path) -> None:
    data = plain(tmp_path, 6, 16)
    assert data.epoch_length == 16
    samples = make(data)
    sources, targets = epoch_of(samples, 3, 16)
    laps = [sources[:6], sources[6:12]]
    assert [sorted(lap) for lap in laps] == [list(range(6))] * 2
    assert len(set(sources[12:])) == 4
    assert laps[0] != laps[1]
    assert len(set(targets)) > 6
    assert sources != epoch_of(samples, 4, 16)[0]


def test_a_seed_makes_other_samples_and_the_same_the_same(tmp_path: Path) -> None:
    data = plain(tmp_path, 12, 12)
    runs = [epoch_of(make(data, seed=seed), 0, 12) for seed in (0, 1, 0)]
    assert runs[0] == runs[2]
    assert runs[0][0] != runs[1][0]
    assert runs[0][1] != runs[1][1]


def test_a_sample_depends_on_its_position_alone(blocks: Path) -> None:
    samples = make(opened(blocks), width=64, crop=16)
    together = batch_of(samples, [(1, position) for position in range(5)])
    for position in (4, 0, 2):
        alone = batch_of(make(opened(blocks), width=64, crop=16), [(1, position)])
        assert torch.equal(alone.source[0], together.source[position])
        assert torch.equal(alone.target[0], together.target[position])
        assert alone.similarity[0] == together.similarity[position]


# Steps


def steps_of(
    root: Path, first: int, last: int, workers: int = 0, rank: int = 0, world_size: int = 1, pin: bool = False
) -> list[Batch]:
    data = opened(root)
    plan = StepPlan(length=data.epoch_length, batch_size=2, rank=rank, world_size=world_size)
    return list(batches(make(data, width=64, crop=16), plan, first, last, workers, pin))


@pytest.mark.parametrize("workers", [1, 2, 50])
def test_any_number_of_workers_gives_the_same_batches(workers: int, blocks: Path) -> None:
    alone = steps_of(blocks, 0, 5)
    found = steps_of(blocks, 0, 5, workers)
    assert len(found) == len(alone) == 5
    assert all(equal(one, other) for one, other in zip(alone, found, strict=True))
    assert not any(equal(alone[0], other) for other in alone[1:])


def test_a_batch_holds_the_positions_of_its_step(blocks: Path) -> None:
    samples = make(opened(blocks), width=64, crop=16)
    found = steps_of(blocks, 1, 4)
    wanted = [[(0, 2), (0, 3)], [(1, 0), (1, 1)], [(1, 2), (1, 3)]]
    assert all(equal(one, batch_of(samples, positions)) for one, positions in zip(found, wanted, strict=True))


def test_processes_share_a_batch(blocks: Path) -> None:
    whole = steps_of(blocks, 0, 4)
    shares = [steps_of(blocks, 0, 4, rank=rank, world_size=2) for rank in range(2)]
    for step, batch in enumerate(whole):
        parts = [share[step] for share in shares]
        assert torch.equal(torch.cat([part.source for part in parts]), batch.source)
        assert torch.equal(torch.cat([part.target for part in parts]), batch.target)
        assert torch.equal(torch.cat([part.similarity for part in parts]), batch.similarity)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_that_continues_gets_the_same_batches(workers: int, blocks: Path) -> None:
    whole = steps_of(blocks, 0, 7)
    rest = steps_of(blocks, 3, 7, workers)
    assert all(equal(one, other) for one, other in zip(whole[3:], rest, strict=True))
    assert steps_of(blocks, 3, 3, workers) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_the_global_random_numbers_are_left_alone(workers: int, blocks: Path) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index]
    steps_of(blocks, 0, 2, workers)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # type: ignore[index]


def test_one_batch_is_made_at_a_time(blocks: Path) -> None:
    spy = Spy()
    data = opened(blocks)
    stream = batches(make(data, spy, width=64, crop=16), StepPlan(length=5, batch_size=2), 0, 10**9, 0, False)
    next(stream)
    next(stream)
    assert len(spy.source) == 2


def quiet_worker(source: Tensor, target: Tensor) -> Tensor:
    """1 where Ctrl-C is left to the main process and a single thread computes."""
    quiet = signal.getsignal(signal.SIGINT) is signal.SIG_IGN and torch.get_num_threads() == 1
    return torch.full((len(source),), float(quiet))


def test_workers_leave_ctrl_c_to_the_main_process_and_take_one_thread(blocks: Path) -> None:
    samples = make(opened(blocks), quiet_worker, width=64, crop=16)
    found = list(batches(samples, StepPlan(length=5, batch_size=2), 0, 2, 1, False))
    assert [batch.similarity.tolist() for batch in found] == [[1, 1], [1, 1]]


def test_all_parts_of_a_batch_are_pinned(blocks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = steps_of(blocks, 0, 1)[0]
    assert len(steps_of(blocks, 0, 1, pin=True)) == 1
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor + 1)
    pinned = batch.pin_memory()
    assert equal(pinned, Batch(batch.source + 1, batch.target + 1, batch.similarity + 1))
    assert pinned.wanted is None
    assert pinned.has_target is None
    values = torch.zeros(2, 4, 4, 3, dtype=torch.uint8), torch.tensor([1.0, 0.0])
    pinned = replace(batch, wanted=values[0], has_target=values[1]).pin_memory()
    assert equal(pinned, Batch(batch.source + 1, batch.target + 1, batch.similarity + 1))
    assert pinned.wanted is not None
    assert torch.equal(pinned.wanted, values[0] + 1)
    assert pinned.has_target is not None
    assert torch.equal(pinned.has_target, values[1] + 1)


# Trouble on the way


@pytest.mark.parametrize(("steps", "started"), [(1000, 3), (2, 2)])
def test_closing_the_iterator_ends_the_workers(steps: int, started: int, blocks: Path) -> None:
    before = set(multiprocessing.active_children())
    stream = batches(make(opened(blocks), width=64, crop=16), StepPlan(length=5, batch_size=2), 0, steps, 3, False)
    with contextlib.closing(stream):
        next(stream)
        assert len(set(multiprocessing.active_children()) - before) == started
    assert set(multiprocessing.active_children()) <= before


def vanish(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:45])


def turn_to_colour(path: Path) -> None:
    Image.new("RGB", (8, 8)).save(path)


def grow(path: Path) -> None:
    Image.new("L", (8, 9)).save(path)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("name", "spoil", "reason"),
    [
        ("trainA/1.png", vanish, "missing: no such file"),
        ("trainB/0.png", vanish, "missing: no such file"),
        ("trainS/1.png", vanish, "missing: no such file"),
        ("trainA/1.png", truncate, "truncated: "),
        ("trainT/0.png", turn_to_colour, "bad label: the map is in colour"),
        ("trainS/1.png", grow, "wrong size: the map is 8x9, its picture 8x8"),
        ("trainP/1.png", vanish, "missing: no such file"),
        ("trainP/1.png", truncate, "truncated: "),
    ],
)
def test_a_file_that_goes_bad_ends_the_run_in_one_line(
    name: str, spoil: Callable[[Path], None], reason: str, workers: int, tmp_path: Path
) -> None:
    plain(tmp_path, 2, 1)
    shutil.copytree(tmp_path / "trainA", tmp_path / "trainP")
    data = opened(tmp_path, needs_targets=True)
    result_of(check_unpaired(data, PLENTY))
    spoil(tmp_path / name)
    before = set(multiprocessing.active_children())
    with pytest.raises(RunError) as caught:
        list(batches(make(data), StepPlan(length=2, batch_size=1), 0, 4, workers, False))
    assert set(multiprocessing.active_children()) <= before
    assert caught.value.message.startswith(f"{tmp_path / name}: {reason}")
    assert caught.value.message.isprintable()
    assert caught.value.hint is not None


def test_batches_before_the_bad_file_are_good(tmp_path: Path) -> None:
    data = plain(tmp_path, 4, 1)
    samples = make(data)
    last = epoch_of(samples, 0, 4)[0][3]
    (tmp_path / f"trainA/{last}.png").unlink()
    stream = batches(samples, StepPlan(length=4, batch_size=1), 0, 4, 1, False)
    found = [next(stream) for _ in range(3)]
    assert last not in [int(batch.source[0, 0, 0, 0]) for batch in found]
    with pytest.raises(RunError, match=f"{last}.png: missing"):
        next(stream)


@pytest.mark.parametrize(("max_pixels", "good"), [(64, True), (63, False)])
def test_the_limit_of_pixels_holds(max_pixels: int, good: bool, tmp_path: Path) -> None:
    found = make(plain(tmp_path, 1, 1), max_pixels=max_pixels)[[(0, 0)]]
    assert isinstance(found, Batch if good else RunError)


# Real data


def test_the_example_makes_batches() -> None:
    data = opened(STREET)
    samples = make(data, width=160, crop=64)
    found = list(batches(samples, StepPlan(length=data.epoch_length, batch_size=8), 0, 2, 0, False))
    similarity = torch.cat([batch.similarity for batch in found])
    assert len(similarity) == 16
    assert (similarity > 0).any()
    assert similarity.max() <= 1
    assert len(set(similarity.tolist())) > 8


def test_real_pictures_make_batches(shared_data: Path) -> None:
    data = opened(shared_data / "bdd100k_unpaired", needs_maps=False)
    samples = make(data, None, width=640, crop=256)
    found = list(batches(samples, StepPlan(length=data.epoch_length, batch_size=4), 43, 45, 1, False))
    assert [batch.source.shape for batch in found] == [(4, 256, 256, 3)] * 2
    assert found[0].source.float().std() > 10
