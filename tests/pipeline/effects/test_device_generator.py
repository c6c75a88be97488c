"""The generator's change, and how it comes back to a picture of any size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pipeline.effects.compose import compose, resize
from pipeline.effects.detail import Detail
from pipeline.effects.device_generator import DeviceGenerator, network_input
from pipeline.engine.resources import Precision
from pipeline.images.geometry import crop, pad_by_reflection, padded_size
from tests.tpsence.made_up import Shallow
from tpsence.architectures import ARCHITECTURES
from tpsence.metadata import GeneratorMetadata
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.inference import for_cpu
from tpsence.weights import generator_bytes, load_generator

CPU = torch.device("cpu")
SIZES = [(1, 1), (1, 7), (5, 3), (24, 16), (48, 32), (100, 9), (7, 150)]


def picture(size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    width, height = size
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def constant(size: tuple[int, int], value: float) -> NDArray[np.float32]:
    return np.full((size[1], size[0], 3), value, dtype=np.float32)


@pytest.fixture(scope="module")
def generator() -> Generator:
    network = Generator(ngf=4, blocks=4)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(0))
    return network.eval()


@pytest.fixture(scope="module")
def batch() -> torch.Tensor:
    return torch.from_numpy(np.stack([picture((16, 12), seed) for seed in range(3)]))


# Composing


@pytest.mark.parametrize("size", SIZES)
def test_no_strength_gives_the_original_exactly(size: tuple[int, int]) -> None:
    original, working = picture(size), picture((24, 16), seed=1)
    change = np.random.default_rng(2).normal(0, 100, (16, 24, 3)).astype(np.float32)
    result = compose(original, working, change, Detail.RESIDUAL, 0.0)
    assert result.dtype == np.uint8
    assert np.array_equal(result, original)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("value", "strength"), [(10, 1.0), (-10, 1.0), (20, 0.5), (8, 1.5), (400, 1.0), (-400, 1.0)])
def test_a_constant_change_is_added_and_clipped(size: tuple[int, int], value: float, strength: float) -> None:
    original, working = picture(size), picture((24, 16), seed=1)
    result = compose(original, working, constant((24, 16), value), Detail.RESIDUAL, strength)
    wanted = np.clip(original.astype(int) + round(value * strength), 0, 255)
    assert np.array_equal(result, wanted)


@pytest.mark.parametrize("size", SIZES)
def test_model_mode_scales_the_translated_picture_and_forgets_the_original(size: tuple[int, int]) -> None:
    working = np.full((16, 24, 3), 100, dtype=np.uint8)
    result = compose(picture(size), working, constant((24, 16), 40), Detail.MODEL, 0.5)
    assert result.shape == (size[1], size[0], 3)
    assert (result == 120).all()


@pytest.mark.parametrize("detail", [Detail.RESIDUAL, Detail.MODEL])
@pytest.mark.parametrize("strength", [0.3, 1.0, 1.5])
def test_at_the_working_size_both_modes_are_one_sum(detail: Detail, strength: float) -> None:
    original = picture((24, 16))
    change = np.random.default_rng(2).normal(0, 60, (16, 24, 3)).astype(np.float32)
    result = compose(original, original, change, detail, strength)
    wanted = np.clip(np.rint(original + change * np.float32(strength)), 0, 255)
    assert np.array_equal(result, wanted)


def test_residual_mode_keeps_the_sharpness_of_the_original() -> None:
    original = picture((48, 32))
    working = np.full((8, 12, 3), 128, dtype=np.uint8)
    sharp = compose(original, working, constant((12, 8), 0), Detail.RESIDUAL, 1.0)
    soft = compose(original, working, constant((12, 8), 0), Detail.MODEL, 1.0)
    assert np.array_equal(sharp, original)
    assert (soft == 128).all()


@pytest.mark.parametrize("detail", Detail)
def test_the_inputs_are_not_written_to(detail: Detail) -> None:
    original, working, change = picture((24, 16)), picture((24, 16), 1), constant((24, 16), 9)
    for array in (original, working, change):
        array.flags.writeable = False
    compose(original, working, change, detail, 0.7)
    assert (change == 9).all()


# Resizing


@pytest.mark.parametrize("wanted", SIZES)
@pytest.mark.parametrize("own", SIZES)
def test_a_constant_stays_constant_at_every_size(own: tuple[int, int], wanted: tuple[int, int]) -> None:
    result = resize(constant(own, -37.5), wanted)
    assert result.shape == (wanted[1], wanted[0], 3)
    assert result.dtype == np.float32
    assert np.allclose(result, -37.5, atol=1e-3)


def test_a_smaller_size_is_made_of_averages() -> None:
    values = np.random.default_rng(0).normal(0, 50, (32, 48, 3)).astype(np.float32)
    wanted = values.reshape(8, 4, 12, 4, 3).mean(axis=(1, 3))
    assert np.allclose(resize(values, (12, 8)), wanted, atol=1e-3)


def test_a_larger_size_continues_a_slope_and_is_not_blocky() -> None:
    slope = np.linspace(-100, 100, 24, dtype=np.float32)[None, :, None].repeat(16, axis=0).repeat(3, axis=2)
    result = resize(slope, (96, 64))
    steps = np.diff(result[32, 12:-12, 0])
    assert np.allclose(steps, 200 / 23 / 4, rtol=0.35)  # blocks have steps of 0 and 8.7
    assert np.allclose(result[0], result[-1], atol=1e-3)


def test_the_same_size_is_the_same_array() -> None:
    values = constant((24, 16), 1)
    assert resize(values, (24, 16)) is values


# The generator


@pytest.mark.parametrize("size", [(8, 8), (8, 12), (24, 16)])
def test_the_change_is_the_generator_s_output_minus_its_input_in_levels(
    size: tuple[int, int], generator: Generator
) -> None:
    pixels = torch.from_numpy(picture(size)[None].copy())
    x = pixels.permute(0, 3, 1, 2).double() / 255 * 2 - 1
    with torch.no_grad():
        y = generator(x.float()).double()
    wanted = ((y + 1) / 2 * 255).permute(0, 2, 3, 1) - pixels.double()
    change = DeviceGenerator(generator, CPU, Precision.FP32).change(pixels)
    assert change.dtype == torch.float32
    assert change.shape == (1, size[1], size[0], 3)
    assert change.is_contiguous()
    assert torch.allclose(change.double(), wanted, atol=1e-2)
    assert change.abs().max() > 10


def test_a_batch_gives_what_single_pictures_give(generator: Generator, batch: torch.Tensor) -> None:
    on_device = DeviceGenerator(generator, CPU, Precision.FP32)
    singles = torch.cat([on_device.change(one[None]) for one in batch])
    assert torch.allclose(on_device.change(batch), singles, atol=1e-3, rtol=0)
    assert not torch.allclose(singles[0], singles[1], atol=1.0)


def test_the_change_does_not_need_a_gradient_and_leaves_the_batch(generator: Generator, batch: torch.Tensor) -> None:
    before = batch.clone()
    change = DeviceGenerator(generator, CPU, Precision.FP32).change(batch)
    assert not change.requires_grad
    assert torch.equal(batch, before)


def test_bfloat16_is_close_and_comes_back_as_float32(generator: Generator, batch: torch.Tensor) -> None:
    exact = DeviceGenerator(generator, CPU, Precision.FP32).change(batch)
    close = DeviceGenerator(generator, CPU, Precision.BF16).change(batch)
    assert close.dtype == torch.float32
    difference = (close - exact).abs()
    assert 0 < difference.mean() < 2
    assert difference.max() < 20


@pytest.mark.parametrize(("precision", "dtype"), [(Precision.FP32, torch.float32), (Precision.BF16, torch.bfloat16)])
def test_a_processor_runs_the_rebuilt_network_in_one_type(precision: Precision, dtype: torch.dtype) -> None:
    wide = Generator(ngf=32, blocks=1).eval()  # wide enough for tiles
    pixels = torch.from_numpy(picture((44, 36))[None].copy())
    x = network_input(pixels)
    with torch.inference_mode():
        y = for_cpu(wide, dtype)(x.to(dtype)).float()
    wanted = ((y - x) * 127.5).permute(0, 2, 3, 1)
    assert torch.equal(DeviceGenerator(wide, CPU, precision).change(pixels), wanted)


def test_changes_composed_are_what_the_generator_draws(generator: Generator) -> None:
    pixels = picture((24, 16))
    change = DeviceGenerator(generator, CPU, Precision.FP32).change(torch.from_numpy(pixels[None].copy()))[0].numpy()
    with torch.no_grad():
        y = generator(torch.from_numpy(pixels.copy())[None].permute(0, 3, 1, 2).float() / 127.5 - 1)
    drawn = ((y[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255)
    result = compose(pixels, pixels, change, Detail.RESIDUAL, 1.0)
    assert np.abs(result.astype(float) - drawn).max() <= 1


def test_a_processor_runs_one_picture_at_a_time(generator: Generator) -> None:
    on_device = DeviceGenerator(generator, CPU, Precision.FP32)
    assert on_device.fitting_batch((8, 8)) == 1
    assert on_device.fitting_batch((10_000, 10_000)) == 1


def test_the_batch_of_a_gpu_stays_when_the_first_one_has_taken_memory(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_device = DeviceGenerator(generator, CPU, Precision.FP32)
    on_device.device = torch.device("cuda")
    free = iter([(10 * 2 * 64 * 64 * 4 * 48, 0), (0, 0)])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: next(free))
    assert [on_device.fitting_batch((64, 64)) for _ in range(3)] == [10, 10, 10]
    assert on_device.fitting_batch((32, 32)) == 1


def test_a_generator_with_more_filters_holds_fewer_pixels(generator: Generator) -> None:
    small = DeviceGenerator(generator, CPU, Precision.FP32).most_pixels()
    large = DeviceGenerator(Generator(ngf=8, blocks=4), CPU, Precision.FP32).most_pixels()
    assert small is not None
    assert large is not None
    assert small // 2 == pytest.approx(large, abs=1)
    assert large > 1280 * 720


def test_where_the_memory_is_unknown_nothing_is_refused(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.effects.device_generator.total_memory", lambda _: None)
    assert DeviceGenerator(generator, CPU, Precision.FP32).most_pixels() is None


# Another architecture


@pytest.mark.parametrize("size", [(16, 16), (30, 9), (1, 40)])
def test_another_architecture_translates_as_its_own_sizes_ask(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(ARCHITECTURES, Shallow.name, Shallow)
    shallow, file = Shallow(channels=6), tmp_path / "g.safetensors"
    file.write_bytes(generator_bytes(shallow.build(), GeneratorMetadata(architecture=shallow)))
    network = load_generator(file).generator
    on_device, pixels = DeviceGenerator(network, CPU, Precision.FP32), picture(size)
    padded = pad_by_reflection(pixels, on_device.input_sizes)
    assert (padded.shape[1], padded.shape[0]) == padded_size(size, on_device.input_sizes)
    assert all(side % 8 == 0 and side >= 16 for side in padded.shape[:2])
    batch = torch.from_numpy(padded.copy())[None]
    change = on_device.change(batch)[0].numpy()
    wanted = (network(network_input(batch)) - network_input(batch))[0].permute(1, 2, 0).numpy() * 127.5
    np.testing.assert_allclose(crop(change, size), wanted[: size[1], : size[0]], atol=1e-3)


def test_another_architecture_says_what_memory_it_takes(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.effects.device_generator.total_memory", lambda _: 10**9)
    pixels = [
        DeviceGenerator(one, CPU, Precision.FP32).most_pixels() for one in (generator, Shallow(channels=6).build())
    ]
    assert pixels[0] is not None
    assert pixels[1] == pytest.approx(8 * pixels[0], abs=8)  # 24 bytes a pixel; the ResNet takes 48 for each filter
