"""Images a second of ``tpsence augment``, beside the plain way, in one run.

The plain way is the reference's: one image at a time, eager fp32, and decoding, network and encoding in turn in one
process. Both ways are measured as whole commands, start-up included, and for the network alone; they take turns, so
that a machine whose speed varies treats them alike. The pictures are those of the example data set, scaled.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from pipeline.device import choose_device, choose_precision
from pipeline.options import Precision
from pipeline.translate import Translator
from tpsence.networks.generator import Generator, init_xavier
from tpsence.weights import load_generator

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "examples" / "street" / "testA"


@dataclass(frozen=True)
class Row:
    """One line of the table: images/s of the network alone and of the whole command."""

    name: str
    model: float
    command: float


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    if args.plain:
        plain_command(Path(args.plain[0]), Path(args.plain[1]), Path(args.plain[2]), torch.device(args.plain[3]))
        return
    width, height = (int(side) for side in args.size.split("x"))
    device = choose_device(args.device)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        weights = _write_weights(work / "weights", args.ngf, args.blocks)
        _write_pictures(work / "images", args.images, (width, height))
        rows = _measure(work, weights, device, args)
    _print_table(rows, args, device)


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


def _measure(work: Path, weights: Path, device: torch.device, args: argparse.Namespace) -> list[Row]:
    """Time all ways in turns and return their rows, the plain way first."""
    precisions = [Precision(name) for name in args.precision.split(",")]
    names = ["plain way", *(f"tpsence {choose_precision(one, device).value}" for one in precisions)]
    size = (640, 640 * int(args.size.split("x")[1]) // int(args.size.split("x")[0]) // 4 * 4)
    models = [_plain_model(weights, device, size)]
    models += [_our_model(load_generator(weights).generator, device, one, size, args.batch_size) for one in precisions]
    commands = [_plain_runner(work, weights, device)]
    commands += [_our_runner(work, weights, device, one, args.batch_size) for one in precisions]
    model_speeds: list[list[float]] = [[] for _ in names]
    command_speeds: list[list[float]] = [[] for _ in names]
    for _ in range(args.repeats):
        for index, model in enumerate(models):
            model_speeds[index].append(model())
        for index, command in enumerate(commands):
            began = time.perf_counter()
            command()
            command_speeds[index].append(args.images / (time.perf_counter() - began))
    pairs = zip(names, model_speeds, command_speeds, strict=True)
    return [Row(name, statistics.median(model), statistics.median(command)) for name, model, command in pairs]


def _plain_model(weights: Path, device: torch.device, size: tuple[int, int]) -> Callable[[], float]:
    """Return a function that measures the network alone, eager fp32, one picture."""
    network = load_generator(weights).generator.to(device)
    x = torch.rand(1, 3, size[1], size[0], device=device) * 2 - 1

    def once() -> None:
        with torch.no_grad():
            network(x).cpu()

    return lambda: _rate(once, 1)


def _our_model(
    network: Generator, device: torch.device, precision: Precision, size: tuple[int, int], batch_size: int | None
) -> Callable[[], float]:
    """Return a function that measures the network as the command runs it."""
    translator = Translator(network, device, choose_precision(precision, device))
    count = batch_size or translator.fitting_batch(size)
    batch = torch.randint(0, 256, (count, size[1], size[0], 3), dtype=torch.uint8)
    return lambda: _rate(lambda: translator.change(batch), count)


def _rate(once: Callable[[], object], pictures: int) -> float:
    """Pictures a second over at least two calls and a second, after one to warm up."""
    once()
    began, calls = time.perf_counter(), 0
    while calls < 2 or time.perf_counter() - began < 1:
        once()
        calls += 1
    return calls * pictures / (time.perf_counter() - began)


def _plain_runner(work: Path, weights: Path, device: torch.device) -> Callable[[], None]:
    """Return a function that runs the plain way as a command."""

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=work) as out:
            paths = [str(work / "images"), str(weights), f"{out}/plain", str(device)]
            subprocess.run([sys.executable, __file__, "--plain", *paths], check=True, cwd=ROOT)

    return run


def _our_runner(
    work: Path, weights: Path, device: torch.device, precision: Precision, batch_size: int | None
) -> Callable[[], None]:
    """Return a function that runs ``tpsence augment``."""

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=work) as out:
            options = ["--images", str(work / "images"), "--weights", str(weights), "--out", f"{out}/ours"]
            options += ["--device", str(device), "--precision", precision.value, "--quiet"]
            options += ["--batch-size", str(batch_size or "auto")]
            subprocess.run([sys.executable, "-m", "cli", "augment", *options], check=True, cwd=ROOT)

    return run


def _write_weights(folder: Path, ngf: int, blocks: int) -> Path:
    """Write random weights of a published architecture."""
    network = Generator(ngf=ngf, blocks=blocks)
    init_xavier(network, generator=torch.Generator().manual_seed(0))
    folder.mkdir()
    torch.save(network.state_dict(), folder / "latest_net_G.pth")
    return folder / "latest_net_G.pth"


def _write_pictures(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write JPEG pictures of a size."""
    folder.mkdir()
    sources = sorted(PICTURES.glob("*.jpg"))
    for index in range(count):
        with Image.open(sources[index % len(sources)]) as picture:
            picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{index:05d}.jpg", quality=90)


def _print_table(rows: Sequence[Row], args: argparse.Namespace, device: torch.device) -> None:
    """Print the table, as text or as JSON."""
    if args.json:
        print(json.dumps([row.__dict__ for row in rows], indent=2))
        return
    title = (
        f"{args.images} JPEG pictures of {args.size}, ngf {args.ngf}, {args.blocks} blocks, median of {args.repeats}"
    )
    table = Table(title=title, title_justify="left")
    for column in ("", "network, images/s", "x", "whole command, images/s", "x"):
        table.add_column(column, justify="left" if not column else "right")
    for row in rows:
        ratios = row.model / rows[0].model, row.command / rows[0].command
        table.add_row(row.name, f"{row.model:.3f}", f"{ratios[0]:.2f}", f"{row.command:.3f}", f"{ratios[1]:.2f}")
    console = Console(width=100)
    console.print(table)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    console.print(f"{device} ({where}), {os.cpu_count()} cores, torch {torch.__version__}", highlight=False)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=6, help="pictures a command (6)")
    parser.add_argument("--size", default="1280x720", help="size of the pictures (1280x720)")
    parser.add_argument("--ngf", type=int, default=64, help="channels after the first convolution (64)")
    parser.add_argument("--blocks", type=int, default=9, help="residual blocks (9)")
    parser.add_argument("--device", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--precision", default="fp32,bf16", help="precisions to measure, with commas (fp32,bf16)")
    parser.add_argument("--batch-size", type=int, help="pictures at once (as the command chooses)")
    parser.add_argument("--repeats", type=int, default=3, help="turns (3)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--plain", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
