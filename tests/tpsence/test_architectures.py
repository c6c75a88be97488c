"""Architectures: what is known of one, how it is recognised, and that another one is a network and an entry."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open

from tests.conftest import ROOT
from tests.tpsence.made_up import Shallow
from tpsence.architectures import ARCHITECTURES, PUBLISHED, Architecture, Resnet, recognise, told_apart
from tpsence.errors import WeightsError
from tpsence.losses.transport import pushing_weights
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.generator import Generator, ResidualBlock
from tpsence.networks.inference import BilinearUp
from tpsence.networks.interface import GeneratorNetwork
from tpsence.networks.projector import Projector
from tpsence.weights import generator_bytes, load_generator

SIZES = [Resnet(blocks=4, ngf=3), Resnet(blocks=9, ngf=8)]
IN_THESE_FILES = {
    "tpsence/architectures.py",
    "tpsence/networks/generator.py",  # the network itself
    "tpsence/networks/affine.py",  # and with another end
    "tpsence/settings.py",  # its published sizes
    "pipeline/train/config.py",  # the settings that choose its sizes
}
"""What names the ResNet or its sizes. Another architecture is a network's file and an entry in the first of these; the
last is for one that is trained, not only translated with."""


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> Shallow:
    """Return a second architecture that is in the registry."""
    monkeypatch.setitem(ARCHITECTURES, Shallow.name, Shallow)
    return Shallow(channels=5)


def test_the_published_architecture_has_9_blocks_and_64_filters() -> None:
    assert Resnet(blocks=9, ngf=64) == PUBLISHED
    assert PUBLISHED.described() == "9 blocks, ngf 64"
    assert PUBLISHED.bytes_per_pixel == 48 * 64
    assert PUBLISHED.input_sizes == (4, 8)


def test_architectures_are_the_same_where_kind_and_sizes_are() -> None:
    assert Resnet(blocks=4, ngf=8) == Resnet(ngf=8, blocks=4)
    assert Resnet(blocks=4, ngf=8) != Resnet(blocks=8, ngf=4)
    several: set[Architecture] = {Shallow(channels=4), Resnet(blocks=4, ngf=4)}
    assert len(several) == 2
    assert len({Resnet(blocks=4, ngf=8), Resnet(blocks=4, ngf=8)}) == 1


@pytest.mark.parametrize("sizes", [{"blocks": 0, "ngf": 4}, {"blocks": 4, "ngf": -1}, {"blocks": 4}])
def test_sizes_are_positive_and_all_there(sizes: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Resnet(**sizes)


@pytest.mark.parametrize("architecture", SIZES)
def test_what_is_built_is_recognised(architecture: Resnet) -> None:
    network = architecture.build()
    assert isinstance(network, Generator)
    assert network.architecture == architecture
    assert recognise(network.state_dict()) == architecture


@pytest.mark.parametrize("architecture", SIZES)
def test_the_last_layer_is_the_last_residual_block(architecture: Resnet) -> None:
    network = architecture.build()
    blocks = [index for index, module in enumerate(network.model) if isinstance(module, ResidualBlock)]
    assert (len(blocks), blocks[-1]) == (architecture.blocks, architecture.last_layer)


@pytest.mark.parametrize("architecture", [*SIZES, Shallow(channels=2)])
def test_the_least_input_is_translated_and_its_stride_kept(architecture: Architecture) -> None:
    stride, least = architecture.input_sizes
    network = architecture.build().eval()
    for height, width in ((least, least), (least + stride, least)):
        images, (last,) = network.translate(torch.zeros(1, 3, height, width), [architecture.last_layer])
        assert images.shape == (1, 3, height, width)
        assert last.shape[2:] == (height // stride, width // stride)


def test_the_resnet_is_rebuilt_for_a_cpu_and_another_copied(shallow: Shallow) -> None:
    resnet, other = SIZES[0].build(), shallow.build().eval()
    rebuilt = SIZES[0].for_cpu(resnet, torch.float32)
    assert any(isinstance(module, BilinearUp) for module in rebuilt.modules())
    copied, x = shallow.for_cpu(other, torch.float32), torch.rand(1, 3, 16, 24)
    torch.testing.assert_close(copied(x), other(x).detach())
    for before, after in zip(other.parameters(), copied.parameters(), strict=True):
        assert before.data_ptr() != after.data_ptr()
        assert not after.requires_grad


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (Resnet(blocks=4, ngf=4), Resnet(blocks=4, ngf=8), ("4 blocks and ngf 4", "4 and 8")),
        (
            Resnet(blocks=4, ngf=4),
            Shallow(channels=2),
            ("the architecture resnet (4 blocks, ngf 4)", "the architecture shallow (2 channels)"),
        ),
    ],
)
def test_two_that_differ_are_told_apart(one: Architecture, other: Architecture, said: tuple[str, str]) -> None:
    assert told_apart(one, other) == said


def test_an_architecture_is_one_entry(shallow: Shallow, tmp_path: Path) -> None:
    network, file = shallow.build(), tmp_path / "g.safetensors"
    metadata = GeneratorMetadata(architecture=shallow, width=64, target_domain="fog")
    file.write_bytes(generator_bytes(network, metadata))
    loaded = load_generator(file)
    assert (loaded.metadata, loaded.generator.architecture) == (metadata, shallow)
    torch.save(network.state_dict(), tmp_path / "g.pth")
    assert load_generator(tmp_path / "g.pth").metadata == GeneratorMetadata(architecture=shallow)
    x = torch.rand(1, 3, 16, 32) * 2 - 1
    assert torch.equal(loaded.generator(x), network(x))


def test_a_file_names_its_architecture_unless_it_is_the_first_one(shallow: Shallow, tmp_path: Path) -> None:
    for architecture, keys in (
        (shallow, ["format", "architecture", "channels", "width"]),
        (SIZES[0], ["format", "blocks", "ngf", "width"]),
    ):
        file = tmp_path / f"{architecture.name}.safetensors"
        file.write_bytes(generator_bytes(architecture.build(), GeneratorMetadata(architecture=architecture)))
        with safe_open(file, "pt") as stored:
            assert list(json.loads(stored.metadata()[HEADER_KEY]))[:4] == keys


def test_a_resnet_with_another_in_the_registry_is_checked_as_before(shallow: Shallow, tmp_path: Path) -> None:
    torch.save(SIZES[0].build().state_dict(), tmp_path / "g.pth")
    assert load_generator(tmp_path / "g.pth").generator.architecture == SIZES[0]
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pth")
    said = r"expected 'model\.1\.weight' of shape \(ngf, 3, 7, 7\) or 'model\.0\.weight' of shape \(channels, 3, 8, 8\)"
    with pytest.raises(WeightsError, match=said):
        load_generator(tmp_path / "x.pth")
    torch.save({**shallow.build().state_dict(), "model.9.bias": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match=r"unexpected tensor 'model\.9\.bias'"):
        load_generator(tmp_path / "x.pth")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"architecture": "shallow", "channels": 5}, "architecture: 'shallow' is not known"),
        ({"architecture": {"blocks": 4}, "blocks": 4, "ngf": 3}, "architecture: .* is not known"),
        ({"architecture": "resnet", "ngf": 3}, r"\(blocks: Field required\)"),
        ({"architecture": "a\n" * 1000}, r"architecture: 'a\\na\\n.* is not known"),
    ],
)
def test_an_architecture_that_is_not_known_is_refused(metadata: dict[str, object], said: str, tmp_path: Path) -> None:
    from safetensors.torch import save

    state = {key: value.contiguous() for key, value in SIZES[0].build().state_dict().items()}
    (tmp_path / "g.safetensors").write_bytes(save(state, metadata={HEADER_KEY: json.dumps(metadata)}))
    with pytest.raises(WeightsError, match=said) as caught:
        load_generator(tmp_path / "g.safetensors")
    assert "\n" not in caught.value.message


def test_weights_of_another_kind_than_the_metadata_say_are_refused(shallow: Shallow, tmp_path: Path) -> None:
    network = shallow.build()
    lied = GeneratorMetadata(architecture=SIZES[0])
    with pytest.raises(ValueError, match="another architecture"):
        generator_bytes(network, lied)
    network.architecture = SIZES[0]
    (tmp_path / "g.safetensors").write_bytes(generator_bytes(network, lied))
    said = r"the metadata say the architecture resnet \(4 blocks, ngf 3\), the weights have the architecture shallow"
    with pytest.raises(WeightsError, match=said):
        load_generator(tmp_path / "g.safetensors")


def test_the_files_that_name_an_architecture_are_few() -> None:
    files = [file for folder in ("tpsence", "pipeline") for file in (ROOT / folder).rglob("*.py")]
    naming = [file for file in files if re.search(r"\b(ngf|Resnet)\b", file.read_text("utf-8"))]
    found = {file.relative_to(ROOT).as_posix() for file in naming}
    assert found == IN_THESE_FILES


@pytest.mark.parametrize("takes", [Generator, GeneratorNetwork, Discriminator, Projector, pushing_weights])
def test_published_sizes_stand_in_the_settings_alone(takes: type) -> None:
    parameters = inspect.signature(takes).parameters.values()
    assert all(parameter.default is parameter.empty for parameter in parameters)


def test_architectures_need_no_torch() -> None:
    program = "import sys, tpsence.architectures, tpsence.metadata; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
