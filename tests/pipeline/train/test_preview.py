"""Preview grids: which pictures, where, and at which size."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.resources import Precision
from pipeline.images.codec import read_picture
from pipeline.images.geometry import working_size
from pipeline.images.resize import scale
from pipeline.train.enums import Direction
from pipeline.train.preview import Preview
from pipeline.train.unpaired import open_unpaired
from tests.conftest import Painter
from tpsence.networks.generator import Generator, init_xavier

PLENTY = 10**8
GAP = 4


@pytest.fixture
def network() -> Generator:
    found = Generator(ngf=4, blocks=4)
    init_xavier(found, gain=1.0, generator=torch.Generator().manual_seed(0))
    return found


def paint_all(root: Path, paint: Painter, size: tuple[int, int] = (50, 30), **counts: int) -> None:
    for index, (folder, count) in enumerate(counts.items()):
        for number in range(count):
            paint(root / folder / f"{number}.png", size=size, seed=10 * index + number)


def grid_of(
    root: Path, network: Generator, width: int = 40, max_pixels: int = PLENTY, direction: Direction = Direction.A_TO_B
) -> NDArray[np.uint8]:
    data = open_unpaired(root, direction=direction, needs_maps=False)
    on_device = DeviceGenerator(network, torch.device("cpu"), Precision.FP32)
    image = Image.open(io.BytesIO(Preview(data, width, max_pixels).draw(on_device)))
    assert (image.format, image.mode) == ("PNG", "RGB")
    return np.asarray(image)


def cells(grid: NDArray[np.uint8], size: tuple[int, int]) -> list[list[NDArray[np.uint8]]]:
    """Rows of three cells (h, w, 3); what is between them is white."""
    width, height = size
    rows = (grid.shape[0] - GAP) // (height + GAP)
    assert grid.shape == (rows * (height + GAP) + GAP, 3 * (width + GAP) + GAP, 3)
    between = np.ones(grid.shape[:2], dtype=bool)
    found = []
    for row in range(rows):
        top = GAP + row * (height + GAP)
        places = [(slice(top, top + height), slice(left, left + width)) for left in range(GAP, 3 * width, width + GAP)]
        for place in places:
            between[place] = False
        found.append([grid[place] for place in places])
    assert (grid[between] == 255).all()
    return found


def scaled(path: Path, width: int = 40) -> NDArray[np.uint8]:
    pixels = read_picture(path, PLENTY, None).pixels
    return scale(pixels, working_size((pixels.shape[1], pixels.shape[0]), width))


def test_test_pictures_first_in_at_most_four_rows(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint_all(tmp_path, paint, trainA=2, trainB=2, testA=6, testB=5)
    found = cells(grid_of(tmp_path, network), (40, 24))
    assert len(found) == 4
    for number, (a, _, b) in enumerate(found):
        assert np.array_equal(a, scaled(tmp_path / f"testA/{number}.png"))
        assert np.array_equal(b, scaled(tmp_path / f"testB/{number}.png"))


def test_training_pictures_fill_up(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint_all(tmp_path, paint, trainA=5, trainB=4, testA=1)
    found = cells(grid_of(tmp_path, network), (40, 24))
    sources = [tmp_path / "testA/0.png", *(tmp_path / f"trainA/{number}.png" for number in range(3))]
    assert len(found) == 4
    for number, (a, _, b) in enumerate(found):
        assert np.array_equal(a, scaled(sources[number]))
        assert np.array_equal(b, scaled(tmp_path / f"trainB/{number}.png"))


def test_there_are_as_many_rows_as_both_domains_have(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint_all(tmp_path, paint, trainA=3, trainB=1)
    assert len(cells(grid_of(tmp_path, network), (40, 24))) == 1
    paint(tmp_path / "testB/0.png", size=(50, 30), seed=99)
    assert len(cells(grid_of(tmp_path, network), (40, 24))) == 2


def test_the_other_direction_begins_with_the_other_domain(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint_all(tmp_path, paint, trainA=1, trainB=1)
    ((b, _, a),) = cells(grid_of(tmp_path, network, direction=Direction.B_TO_A), (40, 24))
    assert np.array_equal(a, scaled(tmp_path / "trainA/0.png"))
    assert np.array_equal(b, scaled(tmp_path / "trainB/0.png"))


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint_all(tmp_path, paint, trainA=2, trainB=2, testA=2, testB=1)
    (tmp_path / "testA/0.png").write_text("no picture")
    paint(tmp_path / "testB/0.png", size=(60, 40))
    found = cells(grid_of(tmp_path, network, max_pixels=1500), (40, 24))
    sources = [tmp_path / name for name in ("testA/1.png", "trainA/0.png", "trainA/1.png")]
    assert len(found) == 2
    for number, (a, _, b) in enumerate(found):
        assert np.array_equal(a, scaled(sources[number]))
        assert np.array_equal(b, scaled(tmp_path / f"trainB/{number}.png"))


@pytest.mark.parametrize("height", [30, 33])
def test_the_second_column_is_the_translation_of_the_first(
    height: int, tmp_path: Path, paint: Painter, network: Generator
) -> None:
    paint_all(tmp_path, paint, size=(50, height), trainA=2, trainB=2)
    size = working_size((50, height), 40)
    for a, translated, _ in cells(grid_of(tmp_path, network), size):
        padded = np.pad(a, ((0, -size[1] % 4), (0, 0), (0, 0)), "reflect")
        with torch.inference_mode():
            image = network(torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 127.5 - 1)[0]
        wanted = ((image.permute(1, 2, 0) + 1) * 127.5).numpy()[: size[1]]
        assert np.abs(wanted - translated).max() <= 0.51
        assert np.abs(a.astype(int) - translated).mean() > 10


def test_pictures_of_other_shapes_are_fitted_on_white(tmp_path: Path, paint: Painter, network: Generator) -> None:
    paint(tmp_path / "trainA/0.png", size=(50, 30))
    paint(tmp_path / "trainA/1.png", size=(30, 60), seed=1)
    paint(tmp_path / "trainB/0.png", size=(80, 20), seed=2)
    paint(tmp_path / "trainB/1.png", size=(50, 30), seed=3)
    (a, _, low), (tall, translated, b) = cells(grid_of(tmp_path, network), (40, 24))
    assert np.array_equal(a, scaled(tmp_path / "trainA/0.png"))
    assert np.array_equal(b, scaled(tmp_path / "trainB/1.png"))
    assert np.array_equal(low[7:17], scaled(tmp_path / "trainB/0.png"))
    assert (low[:7] == 255).all()
    assert (low[17:] == 255).all()
    for narrow in (tall, translated):
        assert (narrow[:, :14] == 255).all()
        assert (narrow[:, 26:] == 255).all()
        assert narrow[:, 14:26].std() > 10


def test_the_same_grid_of_the_same_network_and_another_of_another(
    tmp_path: Path, paint: Painter, network: Generator
) -> None:
    paint_all(tmp_path, paint, trainA=1, trainB=1)
    data = open_unpaired(tmp_path, direction=Direction.A_TO_B, needs_maps=False)
    preview = Preview(data, 40, PLENTY)
    (tmp_path / "trainA/0.png").unlink()  # read once, at the beginning
    on_device = DeviceGenerator(network, torch.device("cpu"), Precision.FP32)
    first = preview.draw(on_device)
    assert preview.draw(on_device) == first
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(1))
    assert preview.draw(on_device) == first  # it has weights of its own
    assert preview.draw(DeviceGenerator(network, torch.device("cpu"), Precision.FP32)) != first
