"""Draws the example dataset: clear and rainy street scenes with labels.

Run ``python examples/draw_street.py --out examples/street --seed 0`` to get the committed files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from street_scene.dataset import write_dataset


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw clear and rainy street scenes with labels.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the dataset to")
    parser.add_argument("--seed", type=int, default=0, help="seed of all scenes (default: 0)")
    options = parser.parse_args()
    write_dataset(options.out, options.seed)


if __name__ == "__main__":
    main()
