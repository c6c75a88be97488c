"""Memory does not grow with the number of pictures."""

from pathlib import Path

from benchmarks.memory import measure


def test_four_times_the_pictures_take_the_same_memory(tmp_path: Path) -> None:
    # A run that kept its decoded pictures would grow by 225 x 0.9 MB, a quarter of the whole.
    few, many = (measure(tmp_path, count, width=32, size=(640, 480)) for count in (75, 300))
    assert many < 1.1 * few
