"""The main job on the example data set: what ``make demo`` runs."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).resolve().parent
STREET = EXAMPLES / "street"


def main() -> int:
    """Run ``tpsence segment``, ``augment`` and ``report`` on the example, and say where to look."""
    parser = argparse.ArgumentParser(description="Run the main job on the example data set.")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="output folder (build/demo)")
    out: Path = parser.parse_args().out
    maps, rainy = out / "maps", out / "rainy"
    began = time.monotonic()
    labels, images = STREET / "coco_test.json", STREET / "testA"
    for command in (
        ["segment", "--images", images, "--out", maps, "--overwrite"],
        ["augment", "--labels", labels, "--out", rainy, "--gate", "flag", "--no-report", "--overwrite"],
        ["report", rainy],
    ):
        words = [str(word) for word in command]
        print("\n$ tpsence " + " ".join(words), flush=True)
        code = subprocess.call([sys.executable, "-m", "tpsence", *words])  # noqa: S603 (our own command)
        if code:
            return code
    print(f"\nDone in {time.monotonic() - began:.0f} s. Look at:")
    print(f"  {rainy / 'report.html'}   before and after with boxes; open it in a browser")
    print(f"  {rainy}   the pictures and their labels: point a trainer here")
    print(f"  {maps}   label maps of the clear pictures, for tpsence train")
    print(f"  {_beside(rainy)}   the first picture before and after")
    print("The streets are drawn; the weights were trained on photographs, and do better on these.")
    return 0


def _beside(rainy: Path) -> Path:
    """Put the first picture before and after side by side."""
    after_file = sorted((rainy / "testA").glob("*.jpg"))[0]
    with Image.open(STREET / "testA" / after_file.name) as before, Image.open(after_file) as after:
        both = Image.new("RGB", (before.width + after.width + 8, before.height), "white")
        both.paste(before, (0, 0))
        both.paste(after, (before.width + 8, 0))
    path = rainy.parent / "before_after.png"
    both.save(path)
    return path


if __name__ == "__main__":
    sys.exit(main())
