"""``tpsence export``: parse, call the job, print."""

from pathlib import Path
from typing import Annotated

import typer

WeightsArgument = Annotated[
    str,
    typer.Argument(
        metavar="WEIGHTS", help="The folder of a training run, a .safetensors, a .pth, a published folder, or rain."
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", help="A file ending in .pth, .onnx or .safetensors, or a folder in published layout.")
]
HalfOption = Annotated[
    bool, typer.Option("--half", help="Write a .safetensors in half precision: half the size, nearly the same pixels.")
]


def export(weights: WeightsArgument, out: OutOption, half: HalfOption = False) -> None:
    """Write a trained generator for other programs.

    A folder gets the layout of the published checkpoints, which the
    reference loads: latest_net_G.pth, and of a training run also
    latest_net_D.pth and latest_net_F.pth. ONNX takes any number of images
    of any height and width in multiples of 4, as float32 in -1 to 1; it
    needs pip install 'tpsence[onnx]'.

    Examples:
      tpsence export runs/rain --out checkpoints/rain
      tpsence export runs/rain --out rain.onnx
      tpsence export latest_net_G.pth --out rain.safetensors --half
    """
    from rich.filesize import decimal

    from cli.console import say
    from pipeline.export.job import export as export_generator
    from pipeline.weights.packaged import generator_path

    for file in export_generator(generator_path(weights), out, half=half):
        say(f"{file}: {decimal(file.stat().st_size)}")
