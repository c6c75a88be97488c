"""What the benchmarks share: where things are, measuring in processes of their own, and the name of the machine."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from pipeline.images.size import Size
from tpsence.architectures import PUBLISHED, Architecture, Resnet

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "examples" / "street" / "testA"
"""Pictures of the example data set."""


def in_a_process(script: str, *arguments: str) -> Any:  # noqa: ANN401 (JSON)
    """Run a part of a benchmark in a process of its own, for its memory and a clean start.

    Args:
        script: The benchmark's file.
        arguments: Its command line.

    Returns:
        What it prints as JSON in its last line.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def add_generator_sizes(parser: argparse.ArgumentParser) -> None:
    """Add the options for the generator that is measured; by default it is the published one."""
    blocks, ngf = PUBLISHED.blocks, PUBLISHED.ngf
    parser.add_argument("--ngf", type=int, default=ngf, help=f"channels after the first convolution ({ngf})")
    parser.add_argument("--blocks", type=int, default=blocks, help=f"residual blocks ({blocks})")


def generator_asked(args: argparse.Namespace) -> Architecture:
    """Return what the options of ``add_generator_sizes`` say."""
    return Resnet(blocks=args.blocks, ngf=args.ngf)


def write_pictures(folder: Path, count: int, size: Size) -> None:
    """Write JPEG pictures of a size, made of those of the example.

    Args:
        folder: A new folder.
        count: Their number.
        size: (W, H).
    """
    folder.mkdir()
    sources = sorted(PICTURES.glob("*.jpg"))
    for index in range(count):
        with Image.open(sources[index % len(sources)]) as picture:
            picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{index:05d}.jpg", quality=90)


def machine(device: torch.device) -> str:
    """Name a device, the threads, the cores and torch's version."""
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()} cores"
    return f"{device} ({where}), {threads}, torch {torch.__version__}"
