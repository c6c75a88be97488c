"""Seconds that the generator takes for an image on a CPU, in the ways that were tried: those kept and those not.

Each way runs in a process of its own, and they take turns. The first line of a precision is what torch does by itself;
each change that was kept is added to those before it; after them come other backends, each by itself. OpenVINO and
ONNX Runtime (``pip install tpsence[onnx]``) are measured where they are installed. The last column is the largest
difference of the output from the plain way's, in 8-bit levels, on a picture of the example data set.
"""

import argparse
import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.augment import write_weights
from benchmarks.common import PICTURES, add_generator_sizes, generator_asked, in_a_process, machine
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.export.onnx_model import onnx_bytes
from tpsence.networks.inference import MIN_CHANNELS, for_cpu
from tpsence.precision import autocast
from tpsence.weights import load_generator

CPU = torch.device("cpu")
NEVER = 1 << 30
Network = Callable[[Tensor], Tensor]


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    width, height = (int(side) for side in args.size.split("x"))
    if args.one:
        network = WAYS[args.one](Path(args.work) / "latest_net_G.pth", (width, height))
        print(json.dumps(_measured(network, _picture(width, height), Path(args.work), args.one)))
        return
    missing = {name for name, package in NEEDS.items() if importlib.util.find_spec(package) is None}
    names = [PLAIN, *(name for name in args.only or WAYS if name not in {PLAIN, *missing})]
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="tpsence-backends-") as folder:
        write_weights(Path(folder) / "latest_net_G.pth", generator_asked(args))
        for _ in range(args.repeats):
            for name in names:
                rows[name].append(in_a_process(__file__, "--one", name, "--work", folder, "--size", args.size))
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows, args)


def _measured(network: Network, x: Tensor, work: Path, name: str) -> dict[str, float]:
    """Time a network and compare what it gives with what the plain way, the first of all, has given."""
    began = time.perf_counter()
    with torch.inference_mode():
        y = network(x).float()
        first = time.perf_counter() - began
        seconds: list[float] = []
        while len(seconds) < 3 or sum(seconds) < 3:
            began = time.perf_counter()
            network(x)
            seconds.append(time.perf_counter() - began)
    file = work / "plain.npy"
    if name == PLAIN:
        np.save(file, y.numpy())
    levels = np.abs(y.numpy() - np.load(file)) * 127.5
    return {"seconds": statistics.median(seconds), "first": first, "largest": float(levels.max())}


def _plain(weights: Path, size: tuple[int, int]) -> Network:
    """Eager fp32 as torch lays it out by itself."""
    del size
    return load_generator(weights).generator


def _channels_last(weights: Path, size: tuple[int, int]) -> Network:
    """Channels last throughout."""
    del size
    network = load_generator(weights).generator.to(memory_format=torch.channels_last)
    return lambda x: network(x.contiguous(memory_format=torch.channels_last))


def _kept_memory(weights: Path, size: tuple[int, int]) -> Network:
    """Freed memory is used again."""
    keep_freed_memory(CPU.type)
    return _channels_last(weights, size)


def _rebuilt(dtype: torch.dtype, min_channels: int, *, compiled: bool = False) -> Callable[..., Network]:
    """The generator rebuilt for CPUs."""

    def make(weights: Path, size: tuple[int, int]) -> Network:
        del size
        keep_freed_memory(CPU.type)
        network = for_cpu(load_generator(weights).generator, dtype, min_channels)
        if compiled:
            network.compile(dynamic=False)
        return lambda x: network(x.to(dtype).contiguous(memory_format=torch.channels_last))

    return make


def _autocast(weights: Path, size: tuple[int, int]) -> Network:
    """What torch's autocast makes of it."""
    network = _kept_memory(weights, size)

    def run(x: Tensor) -> Tensor:
        with autocast(CPU, torch.bfloat16):
            return network(x)

    return run


def _compiled(weights: Path, size: tuple[int, int]) -> Network:
    """The plain generator by torch.compile, channels last."""
    del size
    keep_freed_memory(CPU.type)
    network = load_generator(weights).generator.to(memory_format=torch.channels_last)
    network.compile(dynamic=False)
    return lambda x: network(x.contiguous(memory_format=torch.channels_last))


def _onnxruntime(weights: Path, size: tuple[int, int]) -> Network:
    """ONNX Runtime on the generator that ``tpsence export`` writes."""
    import onnxruntime

    del size
    session = onnxruntime.InferenceSession(onnx_bytes(load_generator(weights)), providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(None, {"source": x.numpy()})[0])


def _openvino(weights: Path, size: tuple[int, int]) -> Network:
    """OpenVINO on the same, of a fixed shape, in fp32."""
    import openvino

    core = openvino.Core()
    model = core.read_model(onnx_bytes(load_generator(weights)))
    model.reshape([1, 3, size[1], size[0]])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
    return lambda x: torch.from_numpy(compiled([x.numpy()])[0])


PLAIN = "fp32: plain"
ONNXRUNTIME, OPENVINO = "fp32: ONNX Runtime", "fp32: OpenVINO"
NEEDS = {ONNXRUNTIME: "onnxruntime", OPENVINO: "openvino"}
WAYS: dict[str, Callable[..., Network]] = {
    PLAIN: _plain,
    "fp32: + channels last": _channels_last,
    "fp32: + freed memory used again": _kept_memory,
    "fp32: + last layer by rows, bilinear doubling": _rebuilt(torch.float32, NEVER),
    "fp32: + tiles (now)": _rebuilt(torch.float32, MIN_CHANNELS),
    "fp32: torch.compile of the plain network": _compiled,
    "fp32: torch.compile of what is now": _rebuilt(torch.float32, MIN_CHANNELS, compiled=True),
    ONNXRUNTIME: _onnxruntime,
    OPENVINO: _openvino,
    "bf16: autocast": _autocast,
    "bf16: + all in bf16, last layer by rows": _rebuilt(torch.bfloat16, NEVER),
    "bf16: + tiles (now)": _rebuilt(torch.bfloat16, MIN_CHANNELS),
    "bf16: torch.compile of what is now": _rebuilt(torch.bfloat16, MIN_CHANNELS, compiled=True),
}


def _picture(width: int, height: int) -> Tensor:
    """A picture of the example data set as (1, 3, H, W) in [-1, 1]."""
    with Image.open(sorted(PICTURES.glob("*.jpg"))[0]) as picture:
        pixels = np.array(picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1


def _print_table(rows: dict[str, list[dict[str, float]]], args: argparse.Namespace) -> None:
    """Print the table."""
    table = Table(title=f"{args.size}, {generator_asked(args).described()}, median of {args.repeats} turns")
    for column in ("", "seconds an image", "x", "first image, s", "largest difference, levels"):
        table.add_column(column, justify="right" if column else "left")
    median = {name: statistics.median(row["seconds"] for row in turns) for name, turns in rows.items()}
    for name, turns in rows.items():
        values = f"{median[name]:.3f}", f"{median[PLAIN] / median[name]:.2f}", f"{turns[0]['first']:.1f}"
        table.add_row(name, *values, f"{max(row['largest'] for row in turns):.3f}")
    console = Console(width=120)
    console.print(table)
    console.print(machine(CPU), highlight=False)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", default="640x360", help="size at the network, multiples of 4 (640x360)")
    add_generator_sizes(parser)
    parser.add_argument("--repeats", type=int, default=3, help="turns (3)")
    parser.add_argument("--only", nargs="+", choices=WAYS, help="ways to measure beside the plain one (all)")
    parser.add_argument("--json", action="store_true", help="print all measures as JSON")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
