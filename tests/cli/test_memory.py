"""Memory does not grow with the number of pictures."""

import sys
from pathlib import Path

from benchmarks.memory import measure, peak_memory, write_pictures
from tests.pipeline.segmentation.tiny_model import write_tiny_model


def test_four_times_the_pictures_take_the_same_memory(tmp_path: Path) -> None:
    # A run that kept its decoded pictures would grow by 225 x 0.9 MB, a quarter of the whole.
    few, many = (measure(tmp_path, count, width=32, size=(640, 480)) for count in (75, 300))
    assert many < 1.1 * few


def test_label_maps_of_four_times_the_pictures_take_the_same_memory(tmp_path: Path) -> None:
    # A run that kept its decoded pictures would grow by 120 x 0.9 MB, a seventh.
    config, weights = write_tiny_model(tmp_path / "model")

    def peak(count: int) -> int:
        images = tmp_path / f"images{count}"
        write_pictures(images, count, (640, 480))
        paths = ["--images", str(images), "--out", str(tmp_path / f"maps{count}")]
        model = ["--model", str(config), "--weights", str(weights)]
        # glibc keeps large blocks that were freed, up to 300 MB of them here; what counts is what the program holds.
        giving_back = {"MALLOC_MMAP_THRESHOLD_": "65536"}
        return peak_memory([sys.executable, "-m", "cli", "segment", *paths, *model, "--whole", "--quiet"], giving_back)

    assert peak(160) < 1.1 * peak(40)
