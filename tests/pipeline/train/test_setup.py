"""Which device a training has. There is no GPU in these tests: what torch says of one is a stand-in's."""

import pytest
import torch

from pipeline.train.processes import Processes
from pipeline.train.setup import device_of


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The GPUs that were set, of four; like torch, refuse a device without a number."""
    found: list[int] = []

    def set_device(device: torch.device) -> None:
        if device.index is None:
            raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{device}")
        found.append(device.index)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", set_device)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    return found


@pytest.mark.parametrize(("name", "index"), [("auto", 0), ("cuda", 0), ("cuda:0", 0), ("cuda:3", 3)])
def test_one_process_takes_the_gpu_that_is_named_or_the_first(chosen: list[int], name: str, index: int) -> None:
    assert device_of(Processes(), name) == torch.device("cuda", index)
    assert chosen == [index]
    assert torch.backends.cudnn.deterministic


def test_each_of_many_processes_takes_its_own(chosen: list[int]) -> None:
    for rank in range(4):
        assert device_of(Processes(rank=rank, local_rank=rank, world_size=4), "auto") == torch.device("cuda", rank)
    assert chosen == [0, 1, 2, 3]


def test_a_cpu_sets_nothing(chosen: list[int]) -> None:
    assert device_of(Processes(), "cpu") == torch.device("cpu")
    assert chosen == []
    assert not torch.backends.cudnn.deterministic
