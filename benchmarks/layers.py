"""Where the time of the generator goes on a CPU, by kind of layer, as ``tpsence augment`` runs it. Prints one table."""

import argparse
import json
import time
from collections import defaultdict

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.common import add_generator_sizes, generator_asked
from pipeline.engine.freed_memory import keep_freed_memory
from tpsence.networks.generator import ResidualBlock, init_xavier
from tpsence.networks.inference import for_cpu

TURNS = 5
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    keep_freed_memory("cpu")
    generator = generator_asked(args).build()
    init_xavier(generator, generator=torch.Generator().manual_seed(0))
    width, height = (int(side) for side in args.size.split("x"))
    x = torch.rand(1, 3, height, width) * 2 - 1
    spent = {name: measure(for_cpu(generator.eval(), dtype), x.to(dtype)) for name, dtype in DTYPES.items()}
    if args.json:
        print(json.dumps(spent, indent=2))
        return
    table = Table(title=f"one image of {args.size}, {generator_asked(args).described()}, ms")
    for column in ("", *spent):
        table.add_column(column, justify="right" if column else "left")
    for kind in dict.fromkeys(kind for kinds in spent.values() for kind in kinds):
        table.add_row(kind, *(f"{1000 * kinds.get(kind, 0):.0f}" for kinds in spent.values()))
    table.add_row("sum", *(f"{1000 * sum(kinds.values()):.0f}" for kinds in spent.values()))
    Console(width=100).print(table)


@torch.inference_mode()
def measure(network: nn.Sequential, x: Tensor) -> dict[str, float]:
    """Return the seconds of each kind of layer, each layer's fastest of some turns."""
    x = x.contiguous(memory_format=torch.channels_last)
    network(x)
    began: dict[nn.Module, float] = {}
    fastest: dict[nn.Module, float] = {}
    leaves = [module for module in network.modules() if not isinstance(module, nn.Sequential | ResidualBlock)]

    def begin(module: nn.Module, _: object) -> None:
        began[module] = time.perf_counter()

    def end(module: nn.Module, _: object, __: object) -> None:
        seconds = time.perf_counter() - began[module]
        fastest[module] = min(seconds, fastest.get(module, seconds))

    for module in leaves:
        module.register_forward_pre_hook(begin)
        module.register_forward_hook(end)
    for _ in range(TURNS):
        network(x)
    spent: defaultdict[str, float] = defaultdict(float)
    for module, seconds in fastest.items():
        spent[type(module).__name__] += seconds
    return dict(spent)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", default="640x360", help="size at the network, multiples of 4 (640x360)")
    add_generator_sizes(parser)
    parser.add_argument("--json", action="store_true", help="print the seconds as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
