"""What a shell makes of a command line."""

import shutil
import subprocess
from collections.abc import Sequence

import pytest


def words_in_shell(lines: Sequence[str]) -> list[str]:
    """Return the words that bash takes a command for, without running it; without bash the test is skipped."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    script = "printf '%s\\0' " + "\n".join(lines)
    found = subprocess.run([bash, "-c", script], capture_output=True, check=True, timeout=30).stdout
    return [word.decode("utf-8", "surrogateescape") for word in found.split(b"\0")[:-1]]
