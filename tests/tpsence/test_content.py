"""The content of a file of weights: it loads as the file does, with the same checks, and is sent without a copy."""

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from tpsence.architectures import Resnet
from tpsence.content import read_content, sha256_of
from tpsence.errors import WeightsError
from tpsence.metadata import GeneratorMetadata
from tpsence.networks.generator import Generator
from tpsence.untrusted import content_of
from tpsence.weights import generator_bytes, load_generator

METADATA = GeneratorMetadata(architecture=Resnet(blocks=4, ngf=4), width=64)


@pytest.fixture
def network() -> Generator:
    torch.manual_seed(0)
    return Generator(ngf=4, blocks=4)


def put(network: nn.Module, file: Path) -> Path:
    """Write a generator in the format that a name stands for."""
    if file.suffix == ".safetensors":
        assert isinstance(network, Generator)
        file.write_bytes(generator_bytes(network, METADATA))
    else:
        torch.save(network.state_dict(), file, _use_new_zipfile_serialization=file.stem == "zipped")
    return file


NAMES = ["zipped.pth", "legacy.pth", "own.safetensors"]


@pytest.mark.parametrize("name", NAMES)
def test_a_content_loads_as_its_file_where_that_is_not_there(name: str, network: Generator, tmp_path: Path) -> None:
    file = put(network, tmp_path / name)
    wanted, content = load_generator(file), content_of(file)
    file.unlink()
    found = load_generator(content)
    assert (found.metadata, found.path, found.sha256) == (wanted.metadata, file, wanted.sha256)
    pairs = zip(found.generator.state_dict().items(), wanted.generator.state_dict().items(), strict=True)
    assert all(one == other and torch.equal(value, again) for (one, value), (other, again) in pairs)
    assert sha256_of(content) == wanted.sha256


def test_without_metadata_it_loads_too(network: Generator, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(dict(network.state_dict()), tmp_path / "g.safetensors")
    found = load_generator(content_of(tmp_path / "g.safetensors"))
    assert found.metadata == GeneratorMetadata(architecture=Resnet(blocks=4, ngf=4))


def test_it_is_sent_without_a_copy(network: Generator, tmp_path: Path) -> None:
    content = content_of(put(network, tmp_path / "own.safetensors"))
    apart: list[pickle.PickleBuffer] = []
    assert len(pickle.dumps(content, protocol=5, buffer_callback=apart.append)) < 1000
    (buffer,) = apart
    assert buffer.raw().nbytes == content.data.nbytes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_what_is_cut_off_is_refused_with_the_name_of_the_file(
    name: str, share: float, network: Generator, tmp_path: Path
) -> None:
    file = put(network, tmp_path / name)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(WeightsError, match=r"truncated|damaged|empty") as caught:
        load_generator(read_content(file))
    assert caught.value.message.startswith(f"{file}: ")


@pytest.mark.parametrize("name", ["g.pth", "g.safetensors"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "web page"),
        (bytes(range(256)) * 4, "damaged"),
        ((2).to_bytes(8, "little") + b"[]", "damaged"),
    ],
)
def test_foreign_bytes_are_named(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(WeightsError, match=said):
        load_generator(content_of(tmp_path / name))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth: cannot be read \(.*No such file") as caught:
        content_of(tmp_path / "none.pth")
    assert caught.value.hint == "Name the file itself."
