"""Checkpoints: the last two, whole or not there, and nothing in them is executed."""

import errno
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.train.checkpoints import Checkpoints, read_checkpoint
from tests.conftest import FullDisk
from tests.pipeline.train.tiny_runs import difference
from tpsence.errors import WeightsError

CONTENT: dict[str, Any] = {
    "step": 3,
    "learner": {"weights": torch.arange(600.0).view(2, 300), "half": torch.ones(2, dtype=torch.float16), "none": None},
    "config": {"optim": {"lr": 2e-4, "betas": [0.5, 0.999]}},
    "random": [{"cpu": torch.arange(9, dtype=torch.uint8)}],
}


def tree(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def steps(path: Path) -> list[int]:
    return [int(file.stem.removeprefix("step-")) for file in Checkpoints(path).newest_first()]


class Poison:
    """Unpickled, it would make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.target}",)


# Writing


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    file = Checkpoints(tmp_path / "a" / "b").write(3, CONTENT)
    assert file == tmp_path / "a" / "b" / "step-00000003.pt"
    content = read_checkpoint(file)
    assert content.pop("tpsence_checkpoint") == 1
    assert difference(content, CONTENT) is None


def test_the_last_two_are_kept_and_no_temporary_file(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.newest_first() == []
    assert Checkpoints(tmp_path / "nowhere").newest_first() == []
    kept = []
    for step in (1, 2, 5, 9):
        checkpoints.write(step, {"step": step})
        kept.append(sorted(file.name for file in tmp_path.iterdir()))
    assert kept == [
        ["step-00000001.pt"],
        ["step-00000001.pt", "step-00000002.pt"],
        ["step-00000002.pt", "step-00000005.pt"],
        ["step-00000005.pt", "step-00000009.pt"],
    ]
    assert [read_checkpoint(file)["step"] for file in checkpoints.newest_first()] == [9, 5]


def test_steps_are_ordered_as_numbers_beyond_eight_digits(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (99_999_998, 99_999_999, 100_000_000, 1_000_000_000):
        checkpoints.write(step, {})
        assert steps(tmp_path)[0] == step
    assert steps(tmp_path) == [1_000_000_000, 100_000_000]


def test_other_files_are_neither_counted_nor_removed(tmp_path: Path) -> None:
    others = ["step-1.pt", "step-00000001.pt.bak", "step-00000002.pth", "my-step-00000003.pt", "step-0000000x.pt"]
    for name in others:
        (tmp_path / name).touch()
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.write(step, {})
    assert steps(tmp_path) == [3, 2]
    assert {file.name for file in tmp_path.iterdir()} == {*others, "step-00000002.pt", "step-00000003.pt"}


def test_later_checkpoints_that_the_run_was_not_continued_from_make_room(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(5, {})
    for step in (9, 10):
        (tmp_path / f"step-{step:08d}.pt").write_bytes(b"damaged")
    for step, kept in ((6, [6, 5]), (7, [7, 6]), (9, [9, 7]), (11, [11, 9])):
        assert read_checkpoint(checkpoints.write(step, {"step": step}))["step"] == step
        assert steps(tmp_path) == kept


def test_the_same_step_again_replaces_its_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for content in ("first", "second"):
        checkpoints.write(1, {})
        checkpoints.write(2, {"content": content})
    assert steps(tmp_path) == [2, 1]
    assert read_checkpoint(checkpoints.newest_first()[0])["content"] == "second"


@pytest.mark.parametrize("pattern", [None, "*.pt"], ids=["at the flush", "at the rename"])
def test_a_full_disk_keeps_the_earlier_two(pattern: str | None, tmp_path: Path, full_disk: FullDisk) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.write(step, CONTENT)
    before = tree(tmp_path)
    with full_disk(pattern), pytest.raises(OSError, match="No space left") as caught:
        checkpoints.write(3, CONTENT)
    assert caught.value.errno == errno.ENOSPC
    assert tree(tmp_path) == before
    checkpoints.write(3, CONTENT)
    assert steps(tmp_path) == [3, 2]


def test_the_old_one_goes_only_when_the_new_one_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.write(step, CONTENT)
    seen = []
    unlink = os.unlink

    def spied(name: str, *, dir_fd: int) -> None:
        if name.endswith(".pt"):
            seen.append((name, steps(tmp_path)))
            assert read_checkpoint(checkpoints.newest_first()[0])["step"] == 3
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", spied)
    checkpoints.write(3, CONTENT)
    assert seen == [("step-00000001.pt", [3, 2, 1])]


# Reading


def refusal(file: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(file)
    assert caught.value.hint is not None
    assert "`resume`" in caught.value.hint
    message = caught.value.message
    assert message.startswith(f"{file}: ")
    assert message.isprintable()
    return message.removeprefix(f"{file}: ")


@pytest.mark.parametrize("how", ["zip", "legacy", "plain", "old protocol"])
def test_a_poisoned_checkpoint_is_refused_and_runs_nothing(how: str, tmp_path: Path) -> None:
    file, target = tmp_path / "step-00000001.pt", tmp_path / "executed"
    content = {"tpsence_checkpoint": 1, "step": 1, "learner": Poison(target)}
    if how in {"zip", "legacy"}:
        torch.save(content, file, _use_new_zipfile_serialization=how == "zip")
    else:
        file.write_bytes(pickle.dumps(content, protocol=4 if how == "plain" else 0))
    assert refusal(file) == "damaged, or no checkpoint; nothing of it was executed"
    assert not target.exists()
    torch.load(file, weights_only=False) if how in {"zip", "legacy"} else pickle.loads(file.read_bytes())  # noqa: S301
    assert target.exists()  # so this was a poison


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.9999])
def test_a_truncated_checkpoint_is_refused(share: float, tmp_path: Path) -> None:
    file = Checkpoints(tmp_path).write(1, CONTENT)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    assert "damaged" in refusal(file)


@pytest.mark.parametrize("data", [b"", b"no checkpoint at all\n", b"\x00" * 5000, b"PK\x03\x04" + b"\xff" * 900])
def test_bytes_that_are_no_checkpoint_are_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "step-00000001.pt"
    file.write_bytes(data)
    assert "damaged" in refusal(file)


@pytest.mark.parametrize(
    "content",
    [
        {"model.1.weight": torch.zeros(3)},
        {"tpsence_checkpoint": 2, "step": 1},
        {"tpsence_checkpoint": "1", "step": 1},
        [torch.zeros(3)],
        torch.zeros(3),
        None,
        1,
    ],
)
def test_what_another_program_has_saved_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "step-00000001.pt")
    assert refusal(tmp_path / "step-00000001.pt") == "no checkpoint of a training run"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "step-00000001.pt") == "no such file"
    assert "damaged" in refusal(tmp_path)
