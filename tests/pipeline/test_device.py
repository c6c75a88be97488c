"""What the machine is asked and told."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

FAULTS = """
import resource
import sys
import torch
from pipeline.device import keep_freed_memory

keep_freed_memory(torch.device(sys.argv[1]))
for _ in range(16):  # 64 MiB each time, freed at once; the heap takes some turns to find its shape
    torch.zeros(1 << 24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    torch.zeros(1 << 24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
NEEDS_GLIBC = pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}), reason="needs glibc, whose setting this is"
)


def page_faults(device: str, **environment: str) -> int:
    """Pages that four times 64 MiB have taken from the system."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    command = [sys.executable, "-c", FAULTS, device]
    done = subprocess.run(command, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, check=True)
    return int(done.stdout)


@NEEDS_GLIBC
def test_freed_memory_is_used_again_beside_a_processor() -> None:
    assert page_faults("cpu") < 100


@NEEDS_GLIBC
def test_a_user_s_own_setting_of_glibc_stays() -> None:
    assert page_faults("cpu", MALLOC_ARENA_MAX="4") == page_faults("meta")
