"""How far pictures are in colour from those of another domain, before and after a translation.

Each picture is described by the mean and the standard deviation of its red, green and blue, in 8-bit levels. The
distance of a picture to a domain is the mean Euclidean distance to the domain's pictures.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.resources import DEFAULT_MAX_PIXELS
from pipeline.images.codec import EXTENSIONS, read_picture


def main() -> None:
    """Print the distances."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--before", type=Path, required=True, help="pictures before the translation, for example testA")
    parser.add_argument("--after", type=Path, required=True, help="the same pictures translated")
    parser.add_argument("--target", type=Path, required=True, help="pictures of the other domain, for example testB")
    args = parser.parse_args()
    target = colour_statistics(args.target)
    before, after = (distances(colour_statistics(folder), target) for folder in (args.before, args.after))
    print(f"before {before.mean():.1f}, after {after.mean():.1f}: {after.mean() / before.mean():.2f} times")
    print(f"{(after < before).sum()} of {len(before)} pictures came closer")


def colour_statistics(folder: Path) -> NDArray[np.float64]:
    """Describe all pictures of a folder, in the order of their names.

    Args:
        folder: Of pictures.

    Returns:
        (N, 6): mean and standard deviation of red, green and blue, in 8-bit levels.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in EXTENSIONS)
    pictures = [read_picture(file, DEFAULT_MAX_PIXELS, None).pixels.reshape(-1, 3) for file in files]
    return np.stack([np.concatenate([picture.mean(0), picture.std(0)]) for picture in pictures])


def distances(pictures: NDArray[np.float64], domain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance of each picture (N, 6) to the pictures of a domain (M, 6), as (N,)."""
    pairs = pictures[:, None] - domain[None]  # (N, M, 6)
    means: NDArray[np.float64] = np.sqrt((pairs**2).sum(2)).mean(1)
    return means


if __name__ == "__main__":
    main()
