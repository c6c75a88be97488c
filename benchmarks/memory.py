"""Peak memory of ``tpsence augment`` on folders of different numbers of small pictures: it should not grow.

Measured is the sum over the command's processes of the memory that is theirs (PSS: shared pages count once), sampled
while it runs. Needs Linux and psutil.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from tpsence.architectures import Resnet

SECONDS_BETWEEN_SAMPLES = 0.1


def peak_memory(command: list[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a command and return the peak memory of its process tree in bytes.

    Args:
        command: The command.
        environment: Added to its environment.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    process = psutil.Popen(command, env={**os.environ, **(environment or {})})
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_of(process))
        time.sleep(SECONDS_BETWEEN_SAMPLES)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def memory_of(process: psutil.Process) -> int:
    """Return the memory of a process and of those that it has started, in bytes."""
    try:
        return sum(map(_memory, [process, *process.children(recursive=True)]))
    except psutil.Error:
        return 0


def measure(work: Path, count: int, width: int, size: tuple[int, int] = (64, 48)) -> int:
    """Return the peak memory in bytes of a run over a number of pictures.

    Args:
        work: Folder for pictures and output.
        count: Number of pictures.
        width: Width that the generator runs at.
        size: (W, H) of the pictures.
    """
    images, weights = work / f"images{count}", work / "latest_net_G.pth"
    write_pictures(images, count, size)
    torch.manual_seed(0)
    torch.save(Resnet(blocks=4, ngf=4).build().state_dict(), weights)
    paths = ["--images", str(images), "--weights", str(weights), "--out", str(work / f"out{count}")]
    return peak_memory([sys.executable, "-m", "tpsence", "augment", *paths, "--width", str(width), "--quiet"])


def write_pictures(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write JPEG pictures of noise, of a size (W, H)."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "first.jpg")
    content = (folder / "first.jpg").read_bytes()
    for index in range(1, count):
        (folder / f"{index:06d}.jpg").write_bytes(content)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--counts", default="200,20000", help="numbers of pictures, with commas (200,20000)")
    parser.add_argument("--width", type=int, default=64, help="width that the generator runs at (64)")
    args = parser.parse_args()
    table = Table(title="peak memory of the process tree")
    for column in ("pictures", "MB", "x"):
        table.add_column(column, justify="right")
    first = 0
    for count in map(int, args.counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            peak = measure(Path(folder), count, args.width)
        first = first or peak
        table.add_row(f"{count:,}", f"{peak / 1e6:.0f}", f"{peak / first:.3f}")
    Console().print(table)


def _memory(process: psutil.Process) -> int:
    """The memory of a process in bytes, 0 if it has just ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
