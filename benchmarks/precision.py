"""How far the arithmetic of ``tpsence augment`` changes its pixels, on photographs, in 8-bit levels.

Compared is the translated picture at the working size, rounded to 8 bits, with that of the plain way: the generator as
it was trained, in fp32. ``--images`` names a folder of photographs; without it the example data set's drawings are
taken. Prints one table.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.common import PICTURES
from pipeline.augment.options import DEFAULT_WIDTH
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.resources import Precision
from pipeline.images.geometry import pad_by_reflection, working_size
from pipeline.images.resize import scale
from pipeline.weights.packaged import generator_path
from tpsence.weights import load_generator


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    device = choose_device(args.device)
    loaded = load_generator(generator_path(args.weights))
    names = list(dict.fromkeys(choose_precision(Precision(one), device) for one in args.precision.split(",")))
    ways = {name.value: DeviceGenerator(load_generator(loaded.path).generator, device, name) for name in names}
    network = loaded.generator.to(device)
    differences: dict[str, list[Tensor]] = {name: [] for name in ways}
    for pixels in _pictures(args.images, args.limit, loaded.metadata.width or DEFAULT_WIDTH):
        x = (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous().to(device)  # torch's own layout
        with torch.inference_mode():
            plain = ((network(x) + 1) * 127.5).permute(0, 2, 3, 1).cpu().round()
        for name, on_device in ways.items():
            ours = (on_device.change(pixels) + pixels).round()
            differences[name].append((ours - plain).abs().clamp(max=255).to(torch.uint8).flatten())
    rows = {name: _row(torch.cat(values)) for name, values in differences.items()}
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    count = len(next(iter(differences.values())))
    auto = choose_precision(Precision.AUTO, device).value
    table = Table(title=f"{count} pictures, weights {args.weights}; auto is {auto} on {device}")
    for column in ("", "largest", "mean", "values that differ", "by more than 1", "by more than 4"):
        table.add_column(column, justify="right" if column else "left")
    for name, row in rows.items():
        shares = (f"{100 * row[key]:.3f} %" for key in ("differ", "over 1", "over 4"))
        table.add_row(name, f"{row['largest']:.0f}", f"{row['mean']:.4f}", *shares)
    Console(width=100).print(table)


def _row(levels: Tensor) -> dict[str, float]:
    """What the table has of all differences (K,) uint8."""
    over = {f"over {bound}": float((levels > bound).float().mean()) for bound in (1, 4)}
    differ, mean = float((levels > 0).float().mean()), float(levels.double().mean())
    return {"largest": float(levels.max()), "mean": mean, "differ": differ, **over}


def _pictures(folder: Path, limit: int, width: int) -> Iterator[Tensor]:
    """Yield pictures spread over a folder as (1, H, W, 3) uint8 at the working size, padded."""
    files = sorted(file for file in folder.rglob("*.jpg"))
    if not files:
        raise SystemExit(f"{folder}: no .jpg in it")
    for file in files[:: max(1, len(files) // limit)][:limit]:
        with Image.open(file) as picture:
            pixels = np.array(picture.convert("RGB"))
        scaled = scale(pixels, working_size((pixels.shape[1], pixels.shape[0]), width))
        yield torch.from_numpy(np.ascontiguousarray(pad_by_reflection(scaled)))[None]


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=Path, default=PICTURES, help="folder of photographs (the example data set)")
    parser.add_argument("--limit", type=int, default=50, help="pictures, spread over the folder (50)")
    parser.add_argument("--weights", default="rain", help="as tpsence augment has it (rain)")
    parser.add_argument("--precision", default="fp32,bf16", help="precisions to compare, with commas (fp32,bf16)")
    parser.add_argument("--device", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
