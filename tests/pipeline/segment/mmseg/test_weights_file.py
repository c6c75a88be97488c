"""Weights of segmentation networks: what is read, what is refused and why, and that nothing is executed."""

import builtins
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.weights_file import read_segmentation_weights
from tpsence.errors import WeightsError

STATE = {
    "backbone.weight": torch.arange(6.0).view(2, 3),
    "backbone.norm.num_batches_tracked": torch.tensor(7),
    "decode_head.mask": torch.tensor([True, False]),
}
CLASSES, PALETTE = ("road", "sky"), ((128, 64, 128), (70, 130, 180))
MMSEG_0 = {"meta": {"CLASSES": CLASSES, "PALETTE": [list(colour) for colour in PALETTE]}, "state_dict": STATE}
MMSEG_1 = {"meta": {"dataset_meta": {"classes": list(CLASSES), "palette": PALETTE}}, "state_dict": STATE}


def refused(file: Path) -> str:
    """Return the message of the error, one line with a hint."""
    with pytest.raises(WeightsError) as caught:
        read_segmentation_weights(file)
    assert caught.value.hint
    assert len((caught.value.message + caught.value.hint).splitlines()) == 1
    assert str(file) in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("content", [MMSEG_0, MMSEG_1, STATE], ids=["0.x", "1.x", "bare"])
def test_a_checkpoint_is_read(tmp_path: Path, content: dict[str, Any], prefix: str, zipped: bool) -> None:
    state = {prefix + key: value for key, value in STATE.items()}
    file = tmp_path / "w.pth"
    stored = {**content, "state_dict": state} if "meta" in content else state
    torch.save(stored, file, _use_new_zipfile_serialization=zipped)
    weights = read_segmentation_weights(file)
    assert weights.state.keys() == STATE.keys()
    assert all(torch.equal(weights.state[key], value) for key, value in STATE.items())
    described = (CLASSES, PALETTE) if "meta" in content else (None, None)
    assert (weights.classes, weights.palette) == described
    assert weights.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "w.SafeTensors")
    weights = read_segmentation_weights(tmp_path / "w.SafeTensors")
    assert weights.state.keys() == STATE.keys()
    assert (weights.classes, weights.palette) == (None, None)


def test_a_checkpoint_of_a_training_loop_is_read(tmp_path: Path) -> None:
    """With the history of the loss, numpy's numbers and mmengine's dictionaries beside the weights."""
    file = tmp_path / "iter_80000.pth"
    with quiet_openmmlab():
        from mmengine.config import ConfigDict
        from mmengine.logging import MessageHub
        from mmengine.runner.checkpoint import save_checkpoint

        hub = MessageHub.get_instance("test_weights_file")
        hub.update_scalar("train/loss", 0.5)
        hub.update_info("eta", np.float64(3.0))
        meta = {"dataset_meta": {"classes": CLASSES, "palette": np.array(PALETTE), "extra": ConfigDict(a=1)}}
        parameter = torch.nn.Parameter(torch.zeros(2))
        optimizer = torch.optim.AdamW([parameter])
        parameter.grad = torch.ones(2)
        optimizer.step()
        content = {"message_hub": hub.state_dict(), "optimizer": optimizer.state_dict(), "param_schedulers": [{"x": 1}]}
        save_checkpoint({"meta": {**meta, "cfg": "x = 1", "seed": 3}, "state_dict": STATE, **content}, str(file))
    assert "mmengine.logging.history_buffer.HistoryBuffer" in torch.serialization.get_unsafe_globals_in_checkpoint(file)
    weights = read_segmentation_weights(file)
    assert torch.equal(weights.state["backbone.weight"], STATE["backbone.weight"])
    assert (weights.classes, weights.palette) == (CLASSES, None)


@pytest.mark.parametrize(
    "meta",
    [
        None,
        3,
        {"CLASSES": "road", "PALETTE": "x"},
        {"CLASSES": [], "PALETTE": []},
        {"CLASSES": ["road", 3], "PALETTE": [[1, 2, 3], [1, 2]]},
        {"CLASSES": ["road", "a\x1b[2J"], "PALETTE": [[1, 2, 256], [1, 2, 3]]},
        {"CLASSES": ["road", ""], "PALETTE": [[1, 2, 3.0], 3]},
        {3: 4, "dataset_meta": {"classes": None}},
    ],
)
def test_a_description_that_is_none_is_left(tmp_path: Path, meta: object) -> None:
    torch.save({"meta": meta, "state_dict": STATE}, tmp_path / "w.pth")
    weights = read_segmentation_weights(tmp_path / "w.pth")
    assert (weights.classes, weights.palette) == (None, None)


class Poison:
    """Unpickled, it would call something."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.function, self.arguments


def poisons(target: Path) -> dict[str, tuple[object, str]]:
    """Return objects that would make a file, and what the error says."""
    command = f"touch {target}"
    return {
        "direct": (Poison(os.system, command), r"asks to run code \((posix|nt)\.system\)"),
        "eval": (Poison(builtins.eval, f"__import__('os').system({command!r})"), r"asks to run code \(eval\)"),
        "import": (Poison(builtins.__import__, "os"), r"asks to run code \(__import__\)"),
        "numpy": (Poison(np.save, str(target), np.zeros(1)), r"asks to run code \(numpy"),
        "state": (
            Poison(Poison, print),
            r"asks to run code \(tests\.pipeline\.segment\.mmseg\.test_weights_file\.Poison",
        ),
    }


@pytest.mark.parametrize("how", ["zip", "legacy", "plain"])
@pytest.mark.parametrize("kind", ["direct", "eval", "import", "numpy", "state"])
def test_a_poisoned_file_is_refused_and_runs_nothing(tmp_path: Path, kind: str, how: str) -> None:
    target, file = tmp_path / "executed.npy", tmp_path / "w.pth"
    poison, said = poisons(target)[kind]
    content = {**MMSEG_1, "message_hub": poison}
    if how == "plain":
        file.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=how == "zip")
    message = refused(file)
    assert not target.exists()
    assert "nothing of it was executed" in message
    if how != "plain":
        with pytest.raises(WeightsError, match=said):
            read_segmentation_weights(file)


class Method:
    """Unpickled, it is a method of an object; that needs only names that the files of a training loop hold too."""

    def __init__(self, holder: object, name: str) -> None:
        self.holder, self.name = holder, name

    def __call__(self) -> None:
        """Make it callable, for pickle."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, str]]:
        return builtins.getattr, (self.holder, self.name)


@pytest.mark.parametrize("zipped", [True, False])
def test_names_that_pass_do_nothing(tmp_path: Path, zipped: bool) -> None:
    target, file = tmp_path / "executed", tmp_path / "w.pth"
    method = Method(np.arange(3.0), "tofile")
    attack = Poison(method, str(target))
    pickle.loads(pickle.dumps(attack, protocol=2))  # noqa: S301 (made here, to see that it would do harm)
    target.unlink()
    torch.save({**MMSEG_1, "message_hub": attack}, file, _use_new_zipfile_serialization=zipped)
    assert "nothing of it was executed" in refused(file)
    torch.save({**MMSEG_1, "message_hub": [method, np.arange(3.0)]}, file, _use_new_zipfile_serialization=zipped)
    assert read_segmentation_weights(file).classes == CLASSES
    assert not target.exists()


@pytest.mark.parametrize("name", ["none.pth", "none.safetensors", "none"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).endswith(": no such file")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path).endswith(": a folder, not a file")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the owner may read everything")
def test_a_locked_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"x")
    (tmp_path / "w.pth").chmod(0)
    assert "cannot be read (Permission denied)" in refused(tmp_path / "w.pth")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"hello world, I am a text", "damaged"),
        (bytes(range(256)) * 4, "damaged"),
    ],
)
def test_foreign_bytes_are_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path / name)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    file = tmp_path / name
    if name == "w.pth":
        torch.save(MMSEG_1, file)
    else:
        save_file(STATE, file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert "damaged" in refused(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "it holds no tensors"),
        ({"state_dict": {}}, "it holds no tensors"),
        ([1, 2], "not a state dict"),
        ({"a": 1}, "not a state dict"),
        ({"model": STATE}, "not a state dict"),
        ({"state_dict": {3: torch.zeros(1)}}, "not a state dict"),
        ({"a": torch.zeros(8).to_sparse()}, "'a' is no plain tensor"),
        ({"a": torch.zeros(8, device="meta")}, "'a' is no plain tensor"),
        ({"a": torch.zeros(1).expand(9)}, "'a' is no plain tensor"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "'a' is no plain tensor"),
        ({"a": torch.zeros(8, dtype=torch.float8_e4m3fn)}, "'a' is no plain tensor"),
    ],
)
def test_a_foreign_state_is_named(tmp_path: Path, content: object, said: str) -> None:
    torch.save(content, tmp_path / "w.pth")
    assert said in refused(tmp_path / "w.pth")
