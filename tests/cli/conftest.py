"""Running the command line inside the test process."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (parsed JSON)
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def tpsence(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``tpsence`` with some arguments."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tpsence", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@dataclass(frozen=True)
class CocoSet:
    """A small COCO data set."""

    folder: Path
    labels: Path
    names: list[str]


@pytest.fixture
def coco(tmp_path: Path, paint: Callable[..., Path]) -> CocoSet:
    """Six pictures of two sizes and three formats, with annotations and much that a reader could drop."""
    folder = tmp_path / "data"
    names = ["a.jpg", "b.png", "deep/c.jpg", "deep/d.webp", "ünï.jpg", "f.JPG"]
    images = []
    for index, name in enumerate(names):
        size = (40, 24) if index % 2 else (33, 21)
        paint(folder / "images" / name, size=size, seed=index)
        images.append({"id": 10 * index, "file_name": name, "width": size[0], "height": size[1], "mine": None})
    boxes = [
        {
            "id": 7 * i,
            "image_id": 10 * (i % 5),
            "category_id": 3,
            "bbox": [1, 2.5, 3, 4],
            "area": 12.0,
            "iscrowd": i % 2,
        }
        for i in range(9)
    ]
    boxes.append({"id": 99, "image_id": 12345, "category_id": 3, "bbox": [0, 0, 1, 1]})
    tree = {"info": {"year": 2026}, "annotations": boxes, "images": images, "x": [1.0, 1], "categories": [{"id": 3}]}
    labels = folder / "coco.json"
    labels.write_text(json.dumps(tree))
    return CocoSet(folder, labels, names)
