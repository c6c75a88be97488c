"""Checkpoints: what loads, what is refused and why, and that nothing is executed."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tpsence.architectures import Resnet
from tpsence.errors import WeightsError
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.generator import Generator
from tpsence.weights import find_weights_file, generator_bytes, load_generator


@pytest.fixture
def network() -> Generator:
    torch.manual_seed(0)
    return Generator(ngf=4, blocks=4)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("blocks", [4, 6, 9])
@pytest.mark.parametrize("ngf", [3, 8])
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("zipped", [True, False])
def test_published_checkpoint_loads(tmp_path: Path, blocks: int, ngf: int, prefix: str, zipped: bool) -> None:
    network = Generator(ngf=ngf, blocks=blocks)
    file = tmp_path / "latest_net_G.pth"
    state = {prefix + key: value for key, value in network.state_dict().items()}
    torch.save(state, file, _use_new_zipfile_serialization=zipped)
    loaded = load_generator(file)
    assert same_weights(loaded.generator, network)
    assert loaded.metadata == GeneratorMetadata(architecture=Resnet(blocks=blocks, ngf=ngf))
    assert not loaded.generator.training


def test_folder_means_its_generator(tmp_path: Path, network: Generator) -> None:
    torch.save(network.state_dict(), tmp_path / "latest_net_G.pth")
    assert load_generator(tmp_path).path == tmp_path / "latest_net_G.pth"


def test_folder_without_generator_names_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "200_net_G.pth").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"nor latest_net_G\.pth") as caught:
        find_weights_file(tmp_path)
    assert "200_net_G.pth" in str(caught.value.hint)


def test_own_format_round_trip(tmp_path: Path, network: Generator) -> None:
    metadata = GeneratorMetadata(
        architecture=Resnet(blocks=4, ngf=4),
        width=572,
        source_domain="clear",
        target_domain="rain",
        training_data="INIT",
        licence="CC",
    )
    (tmp_path / "g.safetensors").write_bytes(generator_bytes(network, metadata))
    loaded = load_generator(tmp_path / "g.safetensors")
    assert loaded.metadata == metadata
    assert same_weights(loaded.generator, network)


@pytest.mark.parametrize("name", ["day_only", "light_only"])
def test_a_file_says_what_its_generator_is_for_or_nothing(name: str, tmp_path: Path, network: Generator) -> None:
    metadata = GeneratorMetadata(architecture=Resnet(blocks=4, ngf=4)).model_copy(update={name: True})
    (tmp_path / "g.safetensors").write_bytes(generator_bytes(network, metadata))
    assert load_generator(tmp_path / "g.safetensors").metadata == metadata
    assert name not in metadata.model_copy(update={name: False}).model_dump()


def test_own_format_refuses_to_describe_another_network(tmp_path: Path, network: Generator) -> None:
    with pytest.raises(ValueError, match="another architecture"):
        generator_bytes(network, GeneratorMetadata(architecture=Resnet(blocks=9, ngf=4)))


def test_half_precision_weights_are_widened(tmp_path: Path, network: Generator) -> None:
    torch.save({key: value.half() for key, value in network.state_dict().items()}, tmp_path / "g.pth")
    assert next(load_generator(tmp_path / "g.pth").generator.parameters()).dtype == torch.float32


class Poison:
    """Unpickled, it would make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("how", ["zip", "legacy", "plain", "old protocol"])
def test_poisoned_pickle_is_refused_and_runs_nothing(tmp_path: Path, how: str) -> None:
    file, target = tmp_path / "g.pth", tmp_path / "executed"
    content = {"model.1.weight": Poison(target)}
    if how in {"zip", "legacy"}:
        torch.save(content, file, _use_new_zipfile_serialization=how == "zip")
    else:
        file.write_bytes(pickle.dumps(content, protocol=4 if how == "plain" else 0))
    with pytest.raises(WeightsError, match="nothing of it was executed"):
        load_generator(file)
    assert not target.exists()


def test_pickled_network_is_refused_by_name(tmp_path: Path, network: Generator) -> None:
    torch.save(network, tmp_path / "g.pth")
    with pytest.raises(WeightsError, match=r"run code \(tpsence"):
        load_generator(tmp_path / "g.pth")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_truncated_checkpoint_is_refused(tmp_path: Path, network: Generator, zipped: bool, share: float) -> None:
    file = tmp_path / "g.pth"
    torch.save(network.state_dict(), file, _use_new_zipfile_serialization=zipped)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(WeightsError, match=r"truncated|damaged|empty"):
        load_generator(file)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9999])
def test_truncated_safetensors_is_refused(tmp_path: Path, network: Generator, share: float) -> None:
    file = tmp_path / "g.safetensors"
    file.write_bytes(generator_bytes(network, GeneratorMetadata(architecture=Resnet(blocks=4, ngf=4))))
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(WeightsError, match=r"truncated|damaged|empty"):
        load_generator(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"hello world, I am a text", "truncated or damaged|not a PyTorch|damaged"),
        (bytes(range(256)) * 4, "damaged"),
        (b"hello", "(?m)truncated or damaged$"),
    ],
)
def test_foreign_bytes_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "g.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        load_generator(tmp_path / "g.pth")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "no tensors"),
        ([1, 2], "not a state dict"),
        ({"a": 1}, "not a state dict"),
        ({"conv1.weight": torch.zeros(3)}, "conv1.weight"),
        ({"model.0.weight": torch.zeros(8, 3, 4, 4)}, "discriminator"),
        ({"mlp_0.0.weight": torch.zeros(8, 3)}, "projector"),
    ],
)
def test_foreign_state_is_named(tmp_path: Path, state: object, message: str) -> None:
    torch.save(state, tmp_path / "g.pth")
    with pytest.raises(WeightsError, match=message):
        load_generator(tmp_path / "g.pth")


def changed(network: Generator, key: str, value: torch.Tensor | None) -> dict[str, torch.Tensor]:
    state = dict(network.state_dict())
    if value is None:
        del state[key]
    else:
        state[key] = value
    return state


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.7.filt", None, "not antialiased"),
        ("model.4.bias", None, "architecture differs"),
        ("model.4.bias", torch.zeros(9), r"shape \(9,\) instead of \(8,\)"),
        ("model.4.bias", torch.full((8,), float("nan")), "not finite"),
        ("model.4.bias", torch.zeros(8, dtype=torch.int64), "floating-point numbers"),
        ("model.4.bias", torch.zeros(8, dtype=torch.float8_e4m3fn), "no plain tensor"),
        ("model.4.bias", torch.zeros(8).to_sparse(), "no plain tensor"),
        ("model.4.bias", torch.zeros(8, device="meta"), "no plain tensor"),
        ("model.4.bias", torch.zeros(8, dtype=torch.float64) + 1e300, "not finite"),
        ("model.7.filt", torch.ones(8, 1, 3, 3), "another blur filter"),
        ("model.1.weight", torch.zeros(0, 3, 7, 7), "not a TPSeNCE generator"),
        ("model.99.weight", torch.zeros(1), "unexpected tensor"),
    ],
)
def test_other_architecture_is_named(
    tmp_path: Path, network: Generator, key: str, value: torch.Tensor | None, message: str
) -> None:
    torch.save(changed(network, key, value), tmp_path / "g.pth")
    with pytest.raises(WeightsError, match=message):
        load_generator(tmp_path / "g.pth")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [("nonsense", "bad metadata"), ('{"blocks": "x", "ngf": 4}', "blocks"), ('{"blocks": 9, "ngf": 4}', "9 blocks")],
)
def test_bad_metadata_is_named(tmp_path: Path, network: Generator, metadata: str, message: str) -> None:
    save_file(dict(network.state_dict()), tmp_path / "g.safetensors", metadata={HEADER_KEY: metadata})
    with pytest.raises(WeightsError, match=message):
        load_generator(tmp_path / "g.safetensors")


def test_a_hint_survives_the_way_between_processes() -> None:
    error: Any = pickle.loads(pickle.dumps(WeightsError("what", "remedy")))  # noqa: S301 (made here)
    assert (type(error), error.message, error.hint) == (WeightsError, "what", "remedy")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        load_generator(tmp_path / "none.pth")
