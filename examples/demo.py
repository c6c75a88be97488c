"""The main job on the example data set: what ``make demo`` runs.

Until trained weights come with the project, the checkpoint is one of random weights in the published format. It shows
the whole command at work; what it draws is no rain.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from random_weights import write_random_checkpoint

EXAMPLES = Path(__file__).resolve().parent
LABELS = EXAMPLES / "street" / "coco_test.json"


def main() -> int:
    """Run ``tpsence augment`` on the example and say where to look."""
    parser = argparse.ArgumentParser(description="Run the main job on the example data set.")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="output folder (build/demo)")
    out: Path = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        weights = write_random_checkpoint(Path(folder) / "random")
        # A random network turns everything grey; at this strength the picture stays visible behind it.
        command = ["augment", "--labels", str(LABELS), "--weights", str(weights), "--out", str(out)]
        command += ["--strength", "0.5", "--overwrite"]
        print("tpsence " + " ".join(command), flush=True)
        code = subprocess.call([sys.executable, "-m", "cli", *command])  # noqa: S603 (our own command)
    if code == 0:
        print(f"\nThe pictures and their labels are in {out}; before and after in {_beside(out)}.")
        print(
            "These weights are random: the grey veil is no rain yet. With a trained checkpoint after --weights it is."
        )
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
