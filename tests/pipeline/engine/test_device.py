"""What the machine is asked and told."""

import ctypes
import os
from types import SimpleNamespace

import pytest
import torch

from pipeline.engine.device import choose_workers, memory_layout
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.resources import EngineName, Resources

NO_BLOCKS_OF_THEIR_OWN, TRIM_LATE = (-4, 0), (-1, 2**31 - 1)
BLOCKS_OVER_32_MIB_OF_THEIR_OWN, TRIM_AT_256_MIB = (-3, 32 * 2**20), (-1, 256 * 2**20)
"""``M_MMAP_MAX`` and ``M_TRIM_THRESHOLD`` of glibc's malloc.h, and what they are set to."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What ``mallopt`` is called with, on a machine with glibc that nobody has tuned."""
    calls: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda parameter, value: calls.append((parameter, value)))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(os, "confstr_names", {"CS_GNU_LIBC_VERSION": 2}, raising=False)
    monkeypatch.setattr(os, "confstr", lambda name: "glibc 2.36", raising=False)
    for name in list(os.environ):
        if name.startswith(("MALLOC_", "GLIBC_")):
            monkeypatch.delenv(name)
    return calls


def test_freed_memory_is_kept_beside_a_network_on_the_cpu(told: list[tuple[int, int]]) -> None:
    keep_freed_memory("cpu")
    assert told == [NO_BLOCKS_OF_THEIR_OWN, TRIM_LATE]


def test_in_a_process_of_another_s_large_blocks_still_go_back(told: list[tuple[int, int]]) -> None:
    keep_freed_memory("cpu", guest=True)
    assert told == [BLOCKS_OVER_32_MIB_OF_THEIR_OWN, TRIM_AT_256_MIB]


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_beside_another_device_nothing_is_changed(told: list[tuple[int, int]], device: str) -> None:
    keep_freed_memory(device)
    assert told == []


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES"])
def test_a_user_s_own_setting_stays(told: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    keep_freed_memory("cpu")
    assert told == []


def test_another_c_library_is_left_alone(told: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "confstr_names", {}, raising=False)
    keep_freed_memory("cpu")
    assert told == []


@pytest.mark.parametrize(
    ("device", "layout"),
    [("cpu", torch.channels_last), ("cuda", torch.contiguous_format), ("mps", torch.channels_last)],
)
def test_networks_keep_channels_last_save_on_gpus(device: str, layout: torch.memory_format) -> None:
    assert memory_layout(torch.device(device)) is layout


def test_the_workers_of_a_cluster_are_no_threads_of_this_machine() -> None:
    device = torch.device("cpu")
    assert choose_workers(Resources(workers=40), device) == 40
    assert choose_workers(Resources(workers=40, engine=EngineName.RAY), device) == choose_workers(Resources(), device)
