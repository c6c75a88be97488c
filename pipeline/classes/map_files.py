"""Write label maps: palette PNGs, in which a person sees colours and a program class ids."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.classes.palettes import Colour
from tpsence.conventions import IGNORE
from tpsence.regular import read_regular

CLASSES_FILE = "classes.json"
"""Beside the maps: which class each id means, and what made them."""


def encode_map(ids: NDArray[np.uint8], palette: Sequence[Colour]) -> bytes:
    """Encode a label map as an 8-bit palette PNG.

    Args:
        ids: (H, W) class ids, 255 for what has no class.
        palette: Colour of each class; ids beyond it are black.
    """
    colours = np.zeros((256, 3), dtype=np.uint8)
    colours[: len(palette)] = palette
    image = Image.fromarray(ids)
    image.putpalette(colours.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def classes_file(classes: Sequence[str], palette: Sequence[Colour], about: Mapping[str, Any]) -> bytes:
    """Return the content of ``classes.json``.

    Args:
        classes: Name of each class id.
        palette: Its colour.
        about: What made the maps.
    """
    content = {**about, "ignore": IGNORE, "classes": list(classes), "palette": [list(colour) for colour in palette]}
    return json.dumps(content, indent=2).encode() + b"\n"


def class_names(folder: Path) -> list[str] | None:
    """Return what ``classes.json`` says the ids of the maps in a folder mean, or None if there is none of ours.

    Args:
        folder: Of label maps.
    """
    try:
        content = json.loads(read_regular(folder / CLASSES_FILE))
    except (OSError, ValueError, RecursionError):
        return None
    names = content.get("classes") if isinstance(content, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else None
