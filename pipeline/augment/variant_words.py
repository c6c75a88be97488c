"""What differs from picture to picture of a run, in words. Importing this module is quick."""

from collections.abc import Mapping
from typing import Any

from pipeline.files.text import count, one_line


def variants_words(variants: Mapping[str, Any]) -> str:
    """Say how many copies there are and what is drawn for each, on one line.

    Args:
        variants: As a run's summary has it.
    """
    pictures, copies = count(variants["pictures"], "picture"), variants["copies"]
    parts = [f"{copies} copies of each of {pictures}" if copies > 1 else f"drawn for each of {pictures}"]
    parts += [f"{name} {variants[name]}" for name in ("strength", "water") if variants[name] is not None]
    weights = ", ".join(f"{name} {100 * share:g} %" for name, share in variants["weights"].items())
    return one_line(", ".join([*parts, *([f"weights {weights}"] if len(variants["weights"]) > 1 else [])]))
