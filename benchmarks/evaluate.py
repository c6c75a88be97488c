"""Pictures a second and memory of ``tpsence evaluate`` on a folder of pictures: the memory should not grow on the way.

The pictures are real ones of a folder under many names, scaled to one size; what they are changed to is a little
darker. Measured is the sum over the command's processes of the memory that is theirs (PSS: shared pages count once).
Needs Linux and psutil.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from benchmarks.common import PICTURES
from benchmarks.memory import memory_of

SECONDS_BETWEEN_SAMPLES = 1.0


def write_folders(work: Path, source: Path, count: int, size: tuple[int, int]) -> tuple[Path, Path]:
    """Write pictures before and after, a file for each name.

    Args:
        work: Where to.
        source: A folder of pictures, each of which gets many names.
        count: How many names.
        size: (W, H).

    Returns:
        The two folders.
    """
    files = sorted(file for file in source.iterdir() if file.suffix.lower() in {".jpg", ".png"})
    contents = []
    for index, file in enumerate(files):
        picture = Image.open(file).convert("RGB").resize(size, Image.Resampling.BICUBIC)
        pair = picture, picture.point([value * 3 // 4 for value in range(256)] * 3)
        for one, name in zip(pair, ("before", "after"), strict=True):
            one.save(work / f"{name}{index}.jpg", quality=95)
        contents.append([(work / f"{name}{index}.jpg").read_bytes() for name in ("before", "after")])
    folders = work / "before", work / "after"
    for place, folder in enumerate(folders):
        folder.mkdir()
        for index in range(count):
            (folder / f"{index:06d}.jpg").write_bytes(contents[index % len(contents)][place])
    return folders


def measure(command: Sequence[str]) -> tuple[dict[str, Any], list[tuple[float, int]]]:
    """Run a command.

    Returns:
        Its summary, and seconds since the start with bytes of memory, sampled while it ran.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    samples: list[tuple[float, int]] = []
    ended = threading.Event()
    began = time.monotonic()

    def sample() -> None:
        while not ended.wait(SECONDS_BETWEEN_SAMPLES):
            samples.append((time.monotonic() - began, memory_of(psutil.Process(process.pid))))

    sampler = threading.Thread(target=sample)
    sampler.start()
    text, _ = process.communicate()
    ended.set()
    sampler.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    summary: dict[str, Any] = json.loads(text)
    return summary, samples


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=1000, help="how many pictures (1000)")
    parser.add_argument("--size", default="640x360", help="of the pictures (640x360)")
    parser.add_argument("--source", type=Path, default=PICTURES, help="folder of pictures (the example's)")
    parser.add_argument("--model", default="road-lite", help="segmentation network, or none (road-lite)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as work:
        before, after = write_folders(Path(work), given.source, given.images, (width, height))
        words = [str(after), "--before", str(before), "--real", str(after), "--model", given.model, "--json"]
        summary, samples = measure([sys.executable, "-m", "tpsence", "evaluate", *words])
    samples = [sample for sample in samples if sample[1]]  # the last may be of a process that has ended
    quarters = [samples[len(samples) * part // 4 - 1][1] / 1e6 for part in (1, 2, 3, 4)] if len(samples) > 4 else []
    found = {
        "images_per_s": summary["images_per_s"],
        "seconds": summary["seconds"],
        "megabytes": quarters,
        "peak_megabytes": max((memory for _, memory in samples), default=0) / 1e6,
    }
    if given.json:
        print(json.dumps(found))
        return
    print(f"{given.images:,} pictures of {given.size}: {found['images_per_s']:.2f} pictures/s while comparing")
    print(f"{found['seconds']:.0f} s in all, features of real pictures and intervals included")
    print(f"memory after each quarter of the time, MB: {', '.join(f'{one:.0f}' for one in quarters)}")
    print(f"peak {found['peak_megabytes']:.0f} MB")


if __name__ == "__main__":
    main()
