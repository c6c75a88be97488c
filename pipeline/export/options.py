"""What ``export`` can be told. Importing this module is quick: it needs no torch."""

from pathlib import Path
from typing import Annotated

from pipeline.engine.complete import generator
from pipeline.engine.schema import Options, Setting


class ExportOptions(Options):
    """What is written, and where."""

    weights: Annotated[str, Setting(positional=True, metavar="WEIGHTS", complete=generator)]
    """The folder of a training run, a .safetensors, a .pth, a published folder, or rain."""
    out: Path
    """A file ending in .pth, .onnx or .safetensors, or a folder in published layout."""
    half: bool = False
    """Write a .safetensors in half precision: half the size, nearly the same pixels."""
    overwrite: bool = False
    """Replace files that are there already."""
