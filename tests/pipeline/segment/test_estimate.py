"""The work of ``segment``: what decodes and writes can be sent, the network stays."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.engine.events import Done
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from pipeline.segment.estimate import LoadedInput, Segmentation
from pipeline.segment.makers import Classes
from pipeline.segment.parts import Part, folder_part

Paint = Callable[..., Path]


class _Plain:
    """What a network wants that takes pictures as they are."""

    def __call__(self, pixels: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


@pytest.fixture
def part(paint: Paint, tmp_path: Path) -> Part:
    paint(tmp_path / "pictures" / "a.png", size=(30, 20))
    return folder_part(tmp_path / "pictures", tmp_path / "maps")


def work(part: Part) -> Segmentation:
    folder = OutputFolder(part.folder.path, Shard(), "segment")
    with folder.opened({}, [], overwrite=False):
        pass
    return Segmentation(
        root=part.root,
        folder=folder,
        classes=Classes(names=("sky", "road"), palette=((1, 2, 3), (4, 5, 6)), table=None, scheme=None),
        prepare=_Plain(),
        max_pixels=10**8,
        most_input_pixels=None,
        batch=1,
        name="a network",
        segmenter=None,
    )


def test_decoding_and_writing_can_happen_elsewhere(part: Part) -> None:
    arrived = pickle.loads(pickle.dumps(work(part)))  # noqa: S301 (made here)
    (task,) = part.tasks
    item = pickle.loads(pickle.dumps(arrived.decode(task)))  # noqa: S301 (made here)
    assert isinstance(item, LoadedInput)
    assert (item.size, tuple(item.input.shape)) == ((30, 20), (3, 20, 30))
    ids = np.ones((20, 30), dtype=np.uint8)
    assert arrived.finish(item, ids) == Done(name=task.name)
    assert part.folder.is_current(task.output, part.root / task.name)
    assert np.array_equal(np.asarray(Image.open(part.folder.path / task.output)), ids)


def test_what_is_sent_to_every_node_does_not_grow_with_the_pictures(part: Part, paint: Paint) -> None:
    few = len(pickle.dumps(work(part).with_own(None)))
    for number in range(20):
        paint(part.images / f"{number}.png")
    more = folder_part(part.images, part.folder.path)
    assert len(more.tasks) == 21
    sent = work(more)
    assert sent.written_to().path == part.folder.path
    assert sent.own_of(more.tasks) is None
    assert len(pickle.dumps(sent.with_own(None))) == few


def test_the_network_is_not_sent(part: Part) -> None:
    here = work(part)
    (task,) = part.tasks
    item = here.decode(task)
    assert isinstance(item, LoadedInput)
    with pytest.raises(RuntimeError, match="stays in the process"):
        here.translate([item])


def test_a_picture_that_is_too_large_for_the_network_is_a_skip(part: Part) -> None:
    sent = pickle.loads(pickle.dumps(work(part)))  # noqa: S301 (made here)
    small = Segmentation(**{**sent.__dict__, "most_input_pixels": 599})
    skip = small.decode(part.tasks[0])
    assert not isinstance(skip, LoadedInput)
    assert skip.detail == "too large for the network at 30x20"
