"""The main job on the example data set: what ``make demo`` runs."""

import argparse
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).resolve().parent
LABELS = EXAMPLES / "street" / "coco_test.json"


def main() -> int:
    """Run ``tpsence augment`` on the example and say where to look."""
    parser = argparse.ArgumentParser(description="Run the main job on the example data set.")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="output folder (build/demo)")
    out: Path = parser.parse_args().out
    command = ["augment", "--labels", str(LABELS), "--out", str(out), "--overwrite"]
    print("tpsence " + " ".join(command), flush=True)
    code = subprocess.call([sys.executable, "-m", "cli", *command])  # noqa: S603 (our own command)
    if code == 0:
        print(f"\nThe pictures and their labels are in {out}; before and after in {_beside(out)}.")
        print("The streets are drawn; the weights were trained on photographs, and look better on these.")
    return code


def _beside(out: Path) -> Path:
    """Put the first picture before and after side by side."""
    after_file = sorted((out / "testA").glob("*.jpg"))[0]
    with Image.open(EXAMPLES / "street" / "testA" / after_file.name) as before, Image.open(after_file) as after:
        both = Image.new("RGB", (before.width + after.width + 8, before.height), "white")
        both.paste(before, (0, 0))
        both.paste(after, (before.width + 8, 0))
    path = out.parent / "demo_before_after.png"
    both.save(path)
    return path


if __name__ == "__main__":
    sys.exit(main())
