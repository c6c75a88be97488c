"""Exports: what others read, with the same weights and the same pictures."""

import hashlib
import importlib.util
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from pipeline.export.formats import prepare_export
from pipeline.export.onnx_model import onnx_bytes
from pipeline.train.learner import Learner
from pipeline.weights.packaged import RAIN
from tests.conftest import ROOT
from tests.pipeline.train.tiny_runs import (
    checkpoint_at,
    difference,
    hide_tensorboard,
    paint_data,
    prepare,
    stand_in_features,
    tiny,
    train,
)
from tpsence import __version__
from tpsence.architectures import Affine, Resnet
from tpsence.errors import InputError, WeightsError
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.projector import Projector
from tpsence.weights import generator_bytes, load_generator

KEYS = Path(__file__).resolve().parents[2] / "tpsence" / "fixtures"
PUBLISHED = {"G": "generator", "D": "discriminator", "F": "projector"}
AS_PUBLISHED: dict[str, Any] = {"model.blocks": 9, "loss.layers": (0, 4, 8, 12, 16), "optim.ema": 0.5}
"""As many blocks and layers as published, so that all keys are there; only narrower."""
ONNX_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ONNX_PACKAGES),
    reason=f"needs {', '.join(ONNX_PACKAGES)}, optional packages",
)


def export(weights: Path, out: Path, *, overwrite: bool = False) -> list[Path]:
    """Write all files of an export."""
    prepared = prepare_export(weights, out, overwrite=overwrite)
    for file in prepared.files:
        prepared.write(file)
    return list(prepared.files)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two steps; nobody changes it."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        hide_tensorboard(patch)
        train(paint_data(folder / "data"), folder / "out", AS_PUBLISHED, stop_at=2)
    return folder / "out"


@pytest.fixture(scope="module")
def strong() -> Generator:
    """A generator with a visible effect; a trained one has as much."""
    network = Generator(ngf=4, blocks=4)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(0))
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory, strong: Generator) -> Path:
    """A file of this project's own format, with metadata."""
    path = tmp_path_factory.mktemp("own") / "g.safetensors"
    metadata = GeneratorMetadata(
        architecture=Resnet(blocks=4, ngf=4), width=572, source_domain="clear", target_domain="fog", licence="CC0"
    )
    path.write_bytes(generator_bytes(strong, metadata))
    return path


def state_of(file: Path) -> dict[str, Tensor]:
    """A state dict, as anybody's torch reads it."""
    content = torch.load(file, weights_only=True)
    assert type(content) is dict
    return content


def plain(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return dict(state)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# The published layout


@pytest.mark.parametrize("letter", PUBLISHED)
def test_a_run_becomes_a_checkpoint_with_the_published_keys(letter: str, finished: Path, tmp_path: Path) -> None:
    written = export(finished, tmp_path / "rain")
    assert written == [tmp_path / "rain" / f"latest_net_{name}.pth" for name in "GDF"]
    assert names(tmp_path / "rain") == ["latest_net_D.pth", "latest_net_F.pth", "latest_net_G.pth"]
    state = state_of(tmp_path / "rain" / f"latest_net_{letter}.pth")
    published: dict[str, list[int]] = json.loads((KEYS / f"{PUBLISHED[letter]}_keys.json").read_bytes())["keys"]
    assert list(state) == list(published)
    assert [value.ndim for value in state.values()] == [len(shape) for shape in published.values()]
    assert all(value.dtype == torch.float32 and value.is_contiguous() for value in state.values())


def test_the_checkpoint_loads_in_the_networks_and_holds_what_was_learnt(finished: Path, tmp_path: Path) -> None:
    export(finished, tmp_path)
    learner = checkpoint_at(finished, 2)["learner"]
    states = {network: state_of(tmp_path / f"latest_net_{letter}.pth") for letter, network in PUBLISHED.items()}
    Generator(ngf=4, blocks=9).load_state_dict(states["generator"])
    Discriminator(ndf=4).load_state_dict(states["discriminator"])
    Projector((3, 8, 16, 16, 16), 8).load_state_dict(states["projector"])
    for name in ("discriminator", "projector"):
        assert difference(states[name], plain(learner["networks"][name])) is None
    average = {key.removeprefix("module."): value for key, value in learner["average"].items() if "model" in key}
    assert difference(states["generator"], average) is None
    first = Learner(tiny(AS_PUBLISHED), torch.device("cpu")).networks
    assert difference(states["discriminator"], plain(first.discriminator.state_dict())) is not None


def test_the_exported_folder_is_read_as_weights(finished: Path, tmp_path: Path) -> None:
    export(finished, tmp_path)
    one, other = load_generator(finished), load_generator(tmp_path)
    assert other.path == tmp_path / "latest_net_G.pth"
    assert difference(plain(one.generator.state_dict()), plain(other.generator.state_dict())) is None


def test_a_plain_file_of_weights_becomes_a_generator_alone(own_file: Path, strong: Generator, tmp_path: Path) -> None:
    assert export(own_file, tmp_path / "a" / "rain") == [tmp_path / "a" / "rain" / "latest_net_G.pth"]
    assert names(tmp_path / "a" / "rain") == ["latest_net_G.pth"]
    state = state_of(tmp_path / "a" / "rain" / "latest_net_G.pth")
    assert difference(state, plain(strong.state_dict())) is None


def test_a_published_folder_becomes_a_generator_alone(tiny_weights: Path, tmp_path: Path) -> None:
    export(tiny_weights.parent, tmp_path / "copy")
    assert names(tmp_path / "copy") == ["latest_net_G.pth"]


def test_the_generator_file_of_a_run_is_a_plain_file(finished: Path, tmp_path: Path) -> None:
    export(finished / "generator.safetensors", tmp_path / "rain")
    assert names(tmp_path / "rain") == ["latest_net_G.pth"]


def test_a_folder_that_is_there_may_have_a_dot_in_its_name(own_file: Path, tmp_path: Path) -> None:
    (tmp_path / "v1.0").mkdir()
    assert export(own_file, tmp_path / "v1.0") == [tmp_path / "v1.0" / "latest_net_G.pth"]


def test_a_discriminator_on_frozen_features_is_left_out_of_the_published_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_tensorboard(monkeypatch)
    stand_in_features(monkeypatch)
    train(paint_data(tmp_path / "data"), tmp_path / "run", {"model.discriminator": "features"}, stop_at=1)
    export(tmp_path / "run", tmp_path / "rain")
    assert names(tmp_path / "rain") == ["latest_net_F.pth", "latest_net_G.pth"]


# A generator that gives a light


@pytest.fixture(scope="module")
def light_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of an affine generator with a visible effect, so strong that some of it is clamped."""
    affine = Affine(blocks=4, ngf=4)
    network = affine.build()
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(0))
    path = tmp_path_factory.mktemp("light") / "g.safetensors"
    path.write_bytes(generator_bytes(network, GeneratorMetadata(architecture=affine, width=256)))
    return path


@pytest.mark.parametrize("name", ["rain.pth", "rain"])
def test_the_published_layout_has_no_place_for_a_light(name: str, light_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no place for the architecture affine") as raised:
        export(light_file, tmp_path / name)
    assert not (tmp_path / name).exists()
    assert raised.value.hint == "Give a file that ends in .safetensors or .onnx."


def test_a_light_goes_through_its_own_format_unchanged(light_file: Path, tmp_path: Path) -> None:
    export(light_file, tmp_path / "rain.safetensors")
    before, after = load_generator(light_file), load_generator(tmp_path / "rain.safetensors")
    assert difference(plain(before.generator.state_dict()), plain(after.generator.state_dict())) is None
    assert after.metadata.architecture == Affine(blocks=4, ngf=4)


@needs_onnx
def test_onnx_gives_the_same_light_clamped_too(light_file: Path, tmp_path: Path) -> None:
    import onnxruntime

    export(light_file, tmp_path / "rain.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "rain.onnx", providers=["CPUExecutionProvider"])
    for shape in ((1, 3, 48, 64), (2, 3, 20, 12)):
        x = torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape))) * 2 - 1
        (found,) = session.run(["translated"], {"source": x.numpy()})
        wanted = load_generator(light_file).generator(x).numpy()
        assert found.shape == shape
        assert np.abs(found - wanted).max() < 1e-4
        assert np.abs(wanted - x.numpy()).mean() > 0.05
        assert (np.abs(wanted) == 1).mean() > 0.01


# Single files


@pytest.mark.parametrize("suffix", [".pth", ".PTH", ".safetensors", ".SafeTensors"])
def test_weights_go_through_every_format_unchanged(suffix: str, own_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / f"rain{suffix}"
    assert export(own_file, out) == [out]
    before, after = load_generator(own_file), load_generator(out)
    assert difference(plain(before.generator.state_dict()), plain(after.generator.state_dict())) is None
    if suffix.lower() == ".pth":
        assert after.metadata == GeneratorMetadata(architecture=Resnet(blocks=4, ngf=4))
    else:
        assert after.metadata == before.metadata
        with safe_open(out, framework="pt") as stored:
            assert json.loads(stored.metadata()[HEADER_KEY])["target_domain"] == "fog"
    export(out, tmp_path / "back.safetensors")
    again = load_generator(tmp_path / "back.safetensors")
    assert difference(plain(again.generator.state_dict()), plain(before.generator.state_dict())) is None
    assert again.metadata == after.metadata


def test_a_run_becomes_one_file_with_what_it_says_of_itself(finished: Path, tmp_path: Path) -> None:
    assert export(finished, tmp_path / "rain.safetensors") == [tmp_path / "rain.safetensors"]
    assert names(tmp_path) == ["rain.safetensors"]
    assert (tmp_path / "rain.safetensors").read_bytes() == (finished / "generator.safetensors").read_bytes()
    assert export(finished, tmp_path / "rain.pth") == [tmp_path / "rain.pth"]
    assert next(iter(state_of(tmp_path / "rain.pth"))) == "model.1.weight"


def test_an_earlier_export_is_replaced(own_file: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.pth").write_bytes(b"old")
    with pytest.raises(InputError, match="is there already"):
        export(own_file, tmp_path / "rain.pth")
    export(own_file, tmp_path / "rain.pth", overwrite=True)
    assert load_generator(tmp_path / "rain.pth").metadata.architecture == Resnet(blocks=4, ngf=4)
    assert names(tmp_path) == ["rain.pth"]


# ONNX


@pytest.fixture(scope="module")
def onnx_file(own_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The strong generator as ONNX, made once."""
    out = tmp_path_factory.mktemp("onnx") / "rain.onnx"
    assert export(own_file, out) == [out]
    return out


@needs_onnx
@pytest.mark.parametrize("shape", [(1, 3, 48, 64), (3, 3, 32, 32), (2, 3, 100, 52), (1, 3, 8, 12)])
def test_onnx_gives_the_same_pictures_at_any_size(shape: tuple[int, ...], onnx_file: Path, strong: Generator) -> None:
    import onnxruntime  # type: ignore[import-untyped, unused-ignore]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_file.read_bytes(), options, providers=["CPUExecutionProvider"])
    x = torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape))) * 2 - 1
    (found,) = session.run(["translated"], {"source": x.numpy()})
    wanted = strong(x).numpy()
    assert found.shape == shape
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() < 1e-4
    assert wanted.std() > 0.1


@needs_onnx
def test_onnx_names_its_input_and_output_and_leaves_their_sizes_free(onnx_file: Path) -> None:
    import onnx

    model = onnx.load(onnx_file)
    onnx.checker.check_model(model)
    assert names(onnx_file.parent) == ["rain.onnx"]
    assert [(one.domain, one.version) for one in model.opset_import if not one.domain] == [("", 18)]
    for values, name in ((model.graph.input, "source"), (model.graph.output, "translated")):
        (value,) = values
        dims = value.type.tensor_type.shape.dim
        assert value.name == name
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert [dim.dim_param or dim.dim_value for dim in dims] == ["batch", 3, "height", "width"]
    between = {dim.dim_param for value in model.graph.value_info for dim in value.type.tensor_type.shape.dim}
    assert {word for term in between for word in re.findall(r"[a-z]\w*", term)} == {"batch", "height", "width"}


@needs_onnx
def test_onnx_says_of_itself_what_a_reader_must_know(onnx_file: Path, own_file: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
    told = session.get_modelmeta().custom_metadata_map
    assert GeneratorMetadata.model_validate_json(told[HEADER_KEY]) == load_generator(own_file).metadata
    assert told["weights_sha256"] == hashlib.sha256(own_file.read_bytes()).hexdigest()
    known = ("width", "source_domain", "target_domain", "licence", "detail", "tpsence_version", "architecture")
    assert [told[key] for key in known] == ["572", "clear", "fog", "CC0", "residual", __version__, "resnet"]
    ranges = ("layout", "colours", "input_range", "output_range", "size_multiple", "size_least")
    assert [told[key] for key in ranges] == ["NCHW", "RGB", "-1,1", "-1,1", "4", "8"]
    assert not {"water", "terms", "training_data"} & set(told)  # nobody has said anything of them
    described = session.get_modelmeta().description
    assert described.startswith(
        f"TPSeNCE generator from clear to fog (4 blocks, ngf 4), written by tpsence {__version__}."
    )
    assert "trained on pictures of width 572" in described
    assert described.endswith("terms of the weights: CC0.")


@needs_onnx
def test_onnx_of_packaged_weights_has_their_terms_and_water(tmp_path: Path) -> None:
    import onnx

    export(RAIN.path, tmp_path / "rain.onnx")
    model = onnx.load(tmp_path / "rain.onnx")
    told = {one.key: one.value for one in model.metadata_props}
    known = ("terms", "water", "detail", "weights_sha256", "target_domain")
    assert [told[key] for key in known] == [f"rain: {RAIN.terms}", "moderate", "light", RAIN.sha256, "rain"]
    assert (model.producer_name, model.producer_version) == ("tpsence", __version__)


@needs_onnx
def test_onnx_tells_nothing_of_the_machine_that_wrote_it(onnx_file: Path) -> None:
    content = onnx_file.read_bytes()
    for told in (str(ROOT), torch.__path__[0], "stack_trace", "tpsence/networks"):
        assert told.encode() not in content


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_its_packages_onnx_is_refused_with_a_remedy(
    package: str, own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    if package == "onnxscript":
        monkeypatch.setitem(sys.modules, "onnx", sys)  # whatever is installed, only the other is missing
    with pytest.raises(InputError) as caught:
        export(own_file, tmp_path / "new" / "rain.onnx")
    assert caught.value.message == "ONNX is not installed"
    assert caught.value.hint == "pip install 'tpsence[onnx]'"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError):
        onnx_bytes(load_generator(own_file))


@needs_onnx
def test_the_filter_of_warnings_is_as_it_was_after_onnx(onnx_file: Path) -> None:
    assert onnx_file.stat().st_size > 10_000
    assert warnings.filters[0][0] == "error"


# What is refused


@pytest.mark.parametrize("name", ["rain.pt", "rain.bin", "rain.onnx.gz", "v1.0"])
def test_an_unknown_ending_is_refused(name: str, own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        export(own_file, tmp_path / name)
    ending = name[name.rindex(".") :]
    assert caught.value.message == f"{tmp_path / name}: unknown ending {ending!r}"
    assert caught.value.hint == "Give one of .pth, .onnx, .safetensors, or a folder."
    assert list(tmp_path.iterdir()) == []


def test_the_output_is_not_the_input(own_file: Path, tiny_weights: Path, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "g.safetensors").write_bytes(own_file.read_bytes())
    (tmp_path / "link.safetensors").symlink_to("g.safetensors")
    (tmp_path / "latest_net_G.pth").write_bytes(tiny_weights.read_bytes())
    (tmp_path / "x").mkdir()
    before = {file.name: file.read_bytes() for file in tmp_path.glob("*.*")}
    pairs = [
        ("g.safetensors", "g.safetensors"),
        ("g.safetensors", "x/../g.safetensors"),
        ("g.safetensors", "link.safetensors"),
        ("link.safetensors", "g.safetensors"),
        ("latest_net_G.pth", "latest_net_G.pth"),
        ("latest_net_G.pth", ""),
        ("", ""),
    ]
    for weights, out in pairs:
        with pytest.raises(InputError) as caught:
            export(tmp_path / weights, tmp_path / out)
        assert caught.value.message.endswith(": is the input")
        assert caught.value.hint == "Give another `out`."
    with pytest.raises(InputError, match="is the input"):
        export(finished, finished / "generator.safetensors")
    assert {file.name: file.read_bytes() for file in tmp_path.glob("*.*")} == before


def test_nothing_is_exported_into_a_run(own_file: Path, finished: Path) -> None:
    before = sorted(finished.rglob("*"))
    for weights in (finished, finished / "generator.safetensors", own_file):
        with pytest.raises(InputError) as caught:
            export(weights, finished)
        assert caught.value.message == f"{finished}: is a training run"
    assert sorted(finished.rglob("*")) == before


def test_weights_that_cannot_be_used_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    for name in ("empty", "bad.pth", "missing.pth"):
        with pytest.raises(WeightsError):
            export(tmp_path / name, tmp_path / "out.safetensors")
    assert names(tmp_path) == ["bad.pth", "empty"]


def test_a_run_whose_checkpoints_are_damaged_is_refused(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "generator.safetensors").write_bytes((finished / "generator.safetensors").read_bytes())
    (run / "checkpoints/step-00000002.pt").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match=r"step-00000002\.pt"):
        export(run, tmp_path / "rain")
    assert not (tmp_path / "rain").exists()
    assert export(run, tmp_path / "rain.pth") == [tmp_path / "rain.pth"]


def test_an_export_does_not_touch_the_run(finished: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in finished.rglob("*") if file.is_file()}
    export(finished, tmp_path)
    assert {file: file.read_bytes() for file in finished.rglob("*") if file.is_file()} == before
    assert prepare(finished.parent / "data", finished, AS_PUBLISHED, resume=True).step == 2
