"""Images a second of ``tpsence augment``, beside the plain way, in one run.

The plain way is the reference's: one image at a time, eager fp32, and decoding, network and encoding in turn in one
process. Both ways are measured as whole commands, start-up included, and for the network alone, each time in a process
of its own; they take turns, so that a machine whose speed varies treats them alike. The pictures are those of the
example data set, scaled.

The limit is the arithmetic of the network, with each convolution multiplied directly, at the rate of a large matrix
product on the same machine. Tiles (``tpsence/networks/winograd.py``) need fewer multiplications than that, so they can
come out above it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common import ROOT, add_generator_sizes, generator_asked, in_a_process, machine, write_pictures
from pipeline.augment.options import DEFAULT_WIDTH
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size, padded_size, working_size
from tpsence.architectures import Architecture
from tpsence.networks.generator import init_xavier
from tpsence.weights import load_generator

PLAIN = "plain"


@dataclass
class Speeds:
    """One line of the table: how fast one way to translate is, in images/s."""

    precision: str
    """Of ``tpsence augment``, or ``plain``."""
    network: list[float] = field(default_factory=list)
    command: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As the table has it."""
        return "plain way" if self.precision == PLAIN else f"tpsence {self.precision}"

    def row(self) -> dict[str, float]:
        """The medians."""
        return {"network": statistics.median(self.network), "command": statistics.median(self.command)}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all ways have in common."""

    work: Path
    """Folder with ``images`` and ``latest_net_G.pth``."""
    device: torch.device
    size: Size
    """(W, H) of the network's input."""
    batch_size: int | None

    @property
    def weights(self) -> Path:
        """The checkpoint."""
        return self.work / "latest_net_G.pth"


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    device = choose_device(args.device)
    width, height = (int(side) for side in args.size.split("x"))
    size = padded_size(working_size((width, height), DEFAULT_WIDTH))
    if args.plain or args.network:
        setting = Setting(work=Path(args.work), device=device, size=size, batch_size=args.batch_size)
        if args.plain:
            plain_command(setting.work / "images", setting.weights, Path(args.plain), device)
        else:
            print(json.dumps(network_speed(args.network, setting)))
        return
    with tempfile.TemporaryDirectory(prefix="tpsence-augment-") as folder:
        setting = Setting(work=Path(folder), device=device, size=size, batch_size=args.batch_size)
        write_weights(setting.weights, generator_asked(args))
        write_pictures(setting.work / "images", args.images, (width, height))
        ways = _measure(setting, args)
    limits = {way.name: limit(way.precision, setting, args) for way in ways}
    if args.json:
        print(json.dumps({way.name: way.row() | {"limit": limits[way.name]} for way in ways}, indent=2))
    else:
        _print_table(ways, limits, args, device)


def plain_command(images: Path, weights: Path, out: Path, device: torch.device) -> None:
    """Translate a folder the plain way: fp32, eager, one picture after the other.

    Args:
        images: Folder of pictures.
        weights: The checkpoint.
        out: Output folder.
        device: Where the network runs.
    """
    network = load_generator(weights).generator.to(device)
    out.mkdir(parents=True)
    for file in sorted(images.iterdir()):
        picture = Image.open(file).convert("RGB")
        scaled = picture.resize((640, 640 * picture.height // picture.width), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(scaled)).permute(2, 0, 1).float() / 127.5 - 1
        with torch.no_grad():
            rainy = network(pixels[None].to(device))[0].cpu()
        array = ((rainy + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).to(torch.uint8).numpy()
        Image.fromarray(array).resize(picture.size, Image.Resampling.BICUBIC).save(out / file.name, quality=95)


def network_speed(way: str, setting: Setting) -> float:
    """Measure the network alone, from decoded pictures to changes, over at least two batches and three seconds.

    Args:
        way: ``plain``, or a precision of ``tpsence augment``.
        setting: The device, the size and the checkpoint.

    Returns:
        Images a second.
    """
    network = load_generator(setting.weights).generator
    width, height = setting.size
    count = 1
    if way == PLAIN:
        network = network.to(setting.device)
        x = torch.rand(1, 3, height, width) * 2 - 1

        def once() -> None:
            with torch.no_grad():
                network(x.to(setting.device)).cpu()

    else:
        keep_freed_memory(setting.device.type)
        on_device = DeviceGenerator(network, setting.device, Precision(way))
        count = setting.batch_size or on_device.fitting_batch(setting.size)
        batch = torch.randint(0, 256, (count, height, width, 3), dtype=torch.uint8)

        def once() -> None:
            on_device.change(batch)

    once()
    began, calls = time.perf_counter(), 0
    while calls < 2 or time.perf_counter() - began < 3:
        once()
        calls += 1
    return calls * count / (time.perf_counter() - began)


def limit(way: str, setting: Setting, args: argparse.Namespace) -> float:
    """Images a second if the network's multiplications ran at the rate of a large matrix product."""
    width, height = setting.size
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        generator_asked(args).build()(torch.empty(1, 3, height, width))
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(way, torch.float32)
    flops: int = counter.get_total_flops()
    return matrix_rate(setting.device, half) / flops


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a large matrix product, the best of some.

    The matrices grow only while a product is quick: a CPU that has no arithmetic of that precision would take minutes.
    """
    largest = 8192 if device.type == "cuda" else 2048
    side = 256
    while side < largest and _product_seconds(side, device, dtype, tries=2) < 0.03:
        side *= 2
    return 2 * side**3 / _product_seconds(side, device, dtype, tries=8)


def _product_seconds(side: int, device: torch.device, dtype: torch.dtype, *, tries: int) -> float:
    """Seconds that a product of square matrices takes, the best of some."""
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in "ab")
    taken = []
    for _ in range(tries):
        began = time.perf_counter()
        product = a @ b
        product[0, 0].item()  # waits for the device
        taken.append(time.perf_counter() - began)
    return min(taken)


def _measure(setting: Setting, args: argparse.Namespace) -> list[Speeds]:
    """Time all ways in turns, the plain way first."""
    precisions = [choose_precision(Precision(name), setting.device).value for name in args.precision.split(",")]
    ways = [Speeds(name) for name in (PLAIN, *precisions)]
    for _ in range(args.repeats):
        for way in ways:
            way.network.append(in_a_process(__file__, *_part(setting, args), "--network", way.precision))
            run = _runner(way.precision, setting, args)
            began = time.perf_counter()
            run()
            way.command.append(args.images / (time.perf_counter() - began))
    return ways


def _runner(way: str, setting: Setting, args: argparse.Namespace) -> Callable[[], None]:
    """Return a function that runs the whole command."""

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=setting.work) as out:
            command = [sys.executable, __file__, *_part(setting, args), "--plain", f"{out}/plain"]
            if way != PLAIN:
                command = [sys.executable, "-m", "tpsence", "augment", "--images", str(setting.work / "images")]
                command += ["--weights", str(setting.weights), "--out", f"{out}/ours", "--precision", way, "--quiet"]
                command += ["--device", str(setting.device), "--batch-size", str(setting.batch_size or "auto")]
            subprocess.run(command, check=True, cwd=ROOT)

    return run


def _part(setting: Setting, args: argparse.Namespace) -> list[str]:
    """The options of this script for a part of its work."""
    options = ["--work", str(setting.work), "--device", str(setting.device), "--size", args.size]
    return options if setting.batch_size is None else [*options, "--batch-size", str(setting.batch_size)]


def write_weights(path: Path, architecture: Architecture) -> None:
    """Write random weights of an architecture."""
    network = architecture.build()
    init_xavier(network, generator=torch.Generator().manual_seed(0))
    torch.save(network.state_dict(), path)


def _print_table(
    ways: Sequence[Speeds], limits: dict[str, float], args: argparse.Namespace, device: torch.device
) -> None:
    """Print the table."""
    generator = generator_asked(args).described()
    title = f"{args.images} JPEG pictures of {args.size}, {generator}, median of {args.repeats}"
    table = Table(title=title, title_justify="left")
    for column in ("", "network, images/s", "x", "of the limit", "whole command, images/s", "x"):
        table.add_column(column, justify="left" if not column else "right")
    plain = ways[0].row()
    for way in ways:
        row = way.row()
        network = f"{row['network']:.3f}", f"{row['network'] / plain['network']:.2f}"
        share = f"{100 * row['network'] / limits[way.name]:.0f} %"
        table.add_row(way.name, *network, share, f"{row['command']:.3f}", f"{row['command'] / plain['command']:.2f}")
    console = Console(width=100)
    console.print(table)
    console.print(machine(device), highlight=False)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=16, help="pictures a command (16)")
    parser.add_argument("--size", default="640x360", help="size of the pictures (640x360)")
    add_generator_sizes(parser)
    parser.add_argument("--device", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--precision", default="fp32,bf16", help="precisions to measure, with commas (fp32,bf16)")
    parser.add_argument("--batch-size", type=int, help="pictures at once (as the command chooses)")
    parser.add_argument("--repeats", type=int, default=3, help="turns (3)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--plain", help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
