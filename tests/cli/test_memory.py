"""Memory does not grow with the number of pictures."""

import sys
from pathlib import Path

import pytest

from benchmarks.memory import measure, peak_memory, write_pictures
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model

GIVING_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}
"""glibc keeps large blocks that were freed, up to 300 MB of them here; what counts is what the program holds."""


@pytest.mark.parametrize("environment", [GIVING_BACK, {}], ids=["as held", "as run"])
def test_eight_times_the_pictures_take_the_same_memory(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # A run that kept its decoded pictures would grow by 420 x 0.9 MB; equal runs differ by up to 100 MB, by how their
    # threads and processes overlap.
    few, many = (measure(tmp_path, count, width=32, size=(640, 480)) for count in (60, 480))
    assert many < few + 250_000_000


def test_label_maps_of_four_times_the_pictures_take_the_same_memory(tmp_path: Path) -> None:
    # A run that kept its decoded pictures would grow by 120 x 0.9 MB, a seventh.
    config, weights = write_tiny_model(tmp_path / "model")

    def peak(count: int) -> int:
        images = tmp_path / f"images{count}"
        write_pictures(images, count, (640, 480))
        paths = ["--images", str(images), "--out", str(tmp_path / f"maps{count}")]
        model = ["--model", str(config), "--weights", str(weights)]
        return peak_memory(
            [sys.executable, "-m", "tpsence", "segment", *paths, *model, "--whole", "--quiet"], GIVING_BACK
        )

    assert peak(160) < 1.1 * peak(40)
