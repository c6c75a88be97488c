"""``tpsence export``: every format, from a training run and from published weights."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.weights.packaged import RAIN
from tests.cli.conftest import Run
from tests.cli.train_runs import TINY, changed, content, differences, forked, leftovers, paint_set
from tpsence.weights import LoadedGenerator, load_generator

PUBLISHED = ["latest_net_D.pth", "latest_net_F.pth", "latest_net_G.pth"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps whose generator is an average, which is not what the optimizer has."""
    folder = tmp_path_factory.mktemp("finished")
    data = paint_set(folder / "data", 2, 2, maps=False)
    settings = changed("loss.weighting=hard", "optim.ema=0.5", "optim.lr=0.01", "domains.licence=CC0")
    command = (*TINY, *settings, "--data", data, "--workers", 0, "--out", folder / "run")
    with forked(folder / "logs", *command) as process:
        assert process.ended() == 0, process.err
    return folder / "run"


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of the run that may be spoilt."""
    return shutil.copytree(finished, tmp_path / "run")


def tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def read(path: Path) -> dict[str, torch.Tensor]:
    state = torch.load(path, weights_only=True)
    assert isinstance(state, dict)
    return state


def translated(loaded: LoadedGenerator, pictures: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    with torch.no_grad():
        result: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = loaded.generator(pictures).numpy()
    return result


def line_of(file: Path) -> str:
    size = file.stat().st_size
    assert 1000 <= size < 1_000_000
    return f"{file}: {size / 1000:.1f} kB"


def test_half_precision_halves_the_file_and_nearly_keeps_the_pixels(
    tpsence: Run, finished: Path, tmp_path: Path
) -> None:
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    assert tpsence("export", finished, "--out", whole).code == 0
    assert tpsence("export", finished, "--out", half, "--half").code == 0
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    pictures = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    one, other = (load_generator(file) for file in (whole, half))
    assert one.metadata == other.metadata
    difference = np.abs(translated(one, pictures) - translated(other, pictures)).max()
    assert 0 < difference < 0.02


@pytest.mark.parametrize("name", ["x.pth", "x.onnx", "folder"])
def test_half_precision_is_for_safetensors_alone(tpsence: Run, finished: Path, tmp_path: Path, name: str) -> None:
    ran = tpsence("export", finished, "--out", tmp_path / name, "--half")
    assert ran.code == 2
    assert ran.err.startswith(f"error: --half: {tmp_path / name} is no .safetensors")
    assert not (tmp_path / name).exists()


def test_packaged_weights_are_exported_by_name(tpsence: Run, tmp_path: Path) -> None:
    ran = tpsence("export", "rain", "--out", tmp_path / "copy.safetensors")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, f"rain: {RAIN.terms}")
    exported, packaged = load_generator(tmp_path / "copy.safetensors"), load_generator(RAIN.path)
    assert exported.metadata.architecture == packaged.metadata.architecture


def test_the_summary_is_printed_as_json_and_quiet_says_nothing(tpsence: Run, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain.safetensors"
    ran = tpsence("export", finished, "--out", out, "--json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json) == ["files", "weights", "sha256", "terms", "seconds"]
    assert ran.json["files"] == {str(out): out.stat().st_size}
    again = tpsence("export", finished, "--out", out, "--json", "--quiet")
    assert (again.code, again.json["error"]["kind"]) == (2, "input")


def test_folder_gets_the_published_layout_with_all_three_networks(tpsence: Run, finished: Path, tmp_path: Path) -> None:
    before = tree(finished)
    out = tmp_path / "new/published"
    ran = tpsence("export", finished, "--out", out)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert sorted(file.name for file in out.iterdir()) == PUBLISHED
    assert sorted(ran.err.splitlines()[-4:-1]) == [line_of(out / name) for name in PUBLISHED]
    assert re.fullmatch(r"3 files written in \d+\.\d s", ran.err.splitlines()[-1])
    learner = content(finished)["learner"]
    assert differences(read(out / "latest_net_D.pth"), learner["networks"]["discriminator"]) == []
    assert differences(read(out / "latest_net_F.pth"), learner["networks"]["projector"]) == []
    average = {key: value for key, value in learner["average"].items() if key.startswith("module.")}
    generator = {f"module.{key}": value for key, value in read(out / "latest_net_G.pth").items()}
    assert differences(generator, average) == []
    assert tree(finished) == before
    assert (
        differences(load_generator(out).generator.state_dict(), load_generator(finished).generator.state_dict()) == []
    )


def test_pth_has_the_generator_alone(tpsence: Run, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep/rain.PTH"
    ran = tpsence("export", finished, "--out", out)
    assert (ran.code, ran.out, ran.err.splitlines()[-2]) == (
        0,
        "",
        line_of(out),
    )  # a slow one has more before
    assert [file.name for file in out.parent.iterdir()] == ["rain.PTH"]
    assert differences(read(out), dict(load_generator(finished).generator.state_dict())) == []


def test_safetensors_keeps_the_metadata_of_a_run(tpsence: Run, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain.safetensors"
    ran = tpsence("export", finished, "--out", out)
    assert (ran.code, ran.err.splitlines()[-2]) == (0, line_of(out))
    assert out.read_bytes() == (finished / "generator.safetensors").read_bytes()
    assert (load_generator(out).metadata.width, load_generator(out).metadata.licence) == (64, "CC0")


def test_published_weights_become_safetensors_and_come_back_the_same(
    tpsence: Run, tiny_weights: Path, tmp_path: Path
) -> None:
    assert tpsence("export", tiny_weights, "--out", tmp_path / "rain.safetensors").code == 0
    assert tpsence("export", tmp_path / "rain.safetensors", "--out", tmp_path / "back").code == 0
    assert [file.name for file in (tmp_path / "back").iterdir()] == ["latest_net_G.pth"]  # it has no others
    assert differences(read(tmp_path / "back/latest_net_G.pth"), read(tiny_weights)) == []


def test_onnx_translates_as_the_generator_does_for_any_number_and_size(
    tpsence: Run, finished: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript", reason="needs pip install 'tpsence[onnx]'")
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    out = tmp_path / "rain.onnx"
    ran = tpsence("export", finished, "--out", out)
    assert (ran.code, ran.out, ran.err.splitlines()[-2]) == (
        0,
        "",
        line_of(out),
    )  # a slow one has more before
    assert [file.name for file in tmp_path.iterdir()] == ["rain.onnx"]
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(str(out), options, providers=["CPUExecutionProvider"])
    for shape in ((1, 3, 32, 32), (3, 3, 44, 68)):
        pictures = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
        (found,) = session.run(["translated"], {"source": pictures.numpy()})
        np.testing.assert_allclose(found, translated(load_generator(finished), pictures), atol=1e-4)


def test_exported_weights_are_taken_by_augment(tpsence: Run, finished: Path, tmp_path: Path) -> None:
    assert tpsence("export", finished, "--out", tmp_path / "published").code == 0
    images = finished.parent / "data/trainA"
    for name, weights in (("one", finished), ("two", tmp_path / "published")):
        common = ("augment", "--images", images, "--workers", 0, "--width", 48, "--quiet")
        assert tpsence(*common, "--weights", weights, "--out", tmp_path / name).code == 0
    assert (tmp_path / "one/00.png").read_bytes() == (tmp_path / "two/00.png").read_bytes()
    assert (tmp_path / "one/00.png").read_bytes() != (images / "00.png").read_bytes()


@pytest.mark.parametrize(
    ("weights", "out", "named"),
    [
        ("{run}", "{tmp}/rain.txt", "rain.txt: unknown ending '.txt'"),
        ("{run}", "{tmp}/rain.pt", "rain.pt: unknown ending '.pt'"),
        ("{run}", "{run}/generator.safetensors", "generator.safetensors: is the input"),
        ("{run}", "{run}/checkpoints/../generator.safetensors", "generator.safetensors: is the input"),
        ("{run}/generator.safetensors", "{tmp}/link.safetensors", "generator.safetensors: is the input"),
        ("{tmp}/link.safetensors", "{run}/generator.safetensors", "link.safetensors: is the input"),
        ("{tmp}/none", "{tmp}/rain.pth", "none: no such file"),
        ("{tmp}/empty", "{tmp}/rain.pth", "empty: neither generator.safetensors nor latest_net_G.pth in this folder"),
        ("{run}/metrics.jsonl", "{tmp}/rain.pth", "metrics.jsonl: "),
        ("{tmp}/cut.safetensors", "{tmp}/rain.pth", "cut.safetensors: truncated or damaged"),
    ],
)
def test_refused_with_one_line_and_a_hint(
    tpsence: Run, run_folder: Path, tmp_path: Path, weights: str, out: str, named: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link.safetensors").symlink_to(run_folder / "generator.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((run_folder / "generator.safetensors").read_bytes()[:-100])
    before = tree(tmp_path)
    places = {"run": run_folder, "tmp": tmp_path}
    ran = tpsence("export", weights.format(**places), "--out", out.format(**places))
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "hint"], ran.err
    assert named in lines[0]
    assert tree(tmp_path) == before


def test_published_weights_are_not_overwritten_by_their_own_folder(
    tpsence: Run, tiny_weights: Path, tmp_path: Path
) -> None:
    shutil.copy(tiny_weights, tmp_path / "latest_net_G.pth")
    for out in (tmp_path, tmp_path / "latest_net_G.pth"):
        ran = tpsence("export", tmp_path, "--out", out)
        assert ran.code == 2
        assert ran.err.startswith(f"error: {tmp_path}/latest_net_G.pth: is the input\n")
    assert (tmp_path / "latest_net_G.pth").read_bytes() == tiny_weights.read_bytes()


@pytest.mark.parametrize("name", ["rain.pth", "published"])
def test_earlier_export_is_replaced_where_that_is_wished(
    tpsence: Run, finished: Path, tiny_weights: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    file = out if out.suffix else out / "latest_net_G.pth"
    assert tpsence("export", tiny_weights, "--out", out).code == 0
    before = file.read_bytes()
    ran = tpsence("export", finished, "--out", out)
    hint = "hint: Replace it with --overwrite, or give another --out."
    assert (ran.code, ran.err.splitlines()[-2:]) == (2, [f"error: {file}: is there already", hint])
    assert file.read_bytes() == before
    assert tpsence("export", finished, "--out", out, "--overwrite").code == 0
    assert differences(read(file), dict(load_generator(finished).generator.state_dict())) == []
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
@pytest.mark.parametrize("name", ["rain.pth", "latest_net_F.pth"])
def test_export_never_goes_through_a_link(
    tpsence: Run, finished: Path, tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    link = tmp_path / "out" / name
    link.parent.mkdir()
    link.symlink_to(tmp_path / "victim")
    ran = tpsence("export", finished, "--out", link if name == "rain.pth" else link.parent, *more)
    hint = "hint: Remove it, or give another --out."
    assert (ran.code, ran.err.splitlines()[-2:]) == (2, [f"error: {link}: is a link", hint])
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert [file.name for file in link.parent.iterdir()] == [name]


def make_a_file_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("mine")
    return tmp_path / "file/rain.pth"


def make_a_folder_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "rain.onnx.pth").mkdir()
    return tmp_path / "rain.onnx.pth"


@pytest.mark.parametrize("spoil", [make_a_file_in_the_way, make_a_folder_in_the_way])
def test_output_that_cannot_be_written_is_one_line_and_a_failure(
    tpsence: Run, finished: Path, tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    out = spoil(tmp_path)
    before = tree(tmp_path)
    ran = tpsence("export", finished, "--out", out)
    assert (ran.code, ran.out) == (1, "")
    (line,) = ran.err.splitlines()
    assert line.startswith(f"error: {tmp_path}/")
    assert "unexpected" not in line
    assert tree(tmp_path) == before


def test_without_onnx_the_remedy_is_named(
    tpsence: Run, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    ran = tpsence("export", finished, "--out", tmp_path / "rain.onnx")
    assert (ran.code, ran.err) == (2, "error: ONNX is not installed\nhint: pip install 'tpsence[onnx]'\n")
    assert not (tmp_path / "rain.onnx").exists()


def test_run_is_not_mixed_with_published_files(tpsence: Run, run_folder: Path) -> None:
    before = sorted(file.name for file in run_folder.iterdir())
    ran = tpsence("export", run_folder, "--out", run_folder)
    assert (ran.code, ran.err) == (2, f"error: {run_folder}: is a training run\nhint: Give another --out.\n")
    assert sorted(file.name for file in run_folder.iterdir()) == before
