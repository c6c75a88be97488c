"""Decode pictures ahead, in threads or processes, in order, and group them to batches of equal shape."""

import signal
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pipeline.geometry import Size, pad_by_reflection, padded_size, size_text, working_size
from pipeline.images import Picture, read_picture
from pipeline.plan import Action, Task
from pipeline.skips import PictureError, Reason, Skip
from tpsence.errors import RunError

MOST_WAITING = 64
"""Decoded pictures that wait for others of their shape; beyond it the longest-waiting shape runs in a smaller batch."""


class Batchable(ABC):
    """A picture ready for a network, which takes several of one shape together."""

    __slots__ = ()

    @property
    @abstractmethod
    def common_size(self) -> Size:
        """The (W, H) that pictures of a batch have in common."""


@dataclass(frozen=True, slots=True)
class Loaded(Batchable):
    """A picture ready for the generator."""

    task: Task
    original: NDArray[np.uint8]
    """(H, W, 3) RGB, the picture itself."""
    working: Tensor
    """(h', w', 3) uint8, scaled to the working size and padded."""
    working_size: Size
    """(w, h) before the padding."""
    format: str
    icc_profile: bytes | None

    @property
    def common_size(self) -> Size:
        """The padded (W, H)."""
        return self.working.shape[1], self.working.shape[0]


@final
@dataclass(frozen=True, slots=True)
class Checked:
    """An original that decodes and goes to the output as it is."""

    task: Task


Item = Loaded | Checked | Skip
T = TypeVar("T")
Batched = TypeVar("Batched", bound=Batchable)


class DecodedPictures(Dataset[T | Skip], ABC):
    """Decodes one picture at an index and prepares it for a network; a bad picture becomes a ``Skip``.

    Args:
        root: The folder that the tasks' names are relative to.
        tasks: What to load.
        max_pixels: Pictures with more are skipped.
    """

    def __init__(self, root: Path, tasks: Sequence[Task], max_pixels: int) -> None:
        self._root = root
        self._tasks = tasks
        self._max_pixels = max_pixels

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, index: int) -> T | Skip:
        task = self._tasks[index]
        try:
            return self._made(task, read_picture(self._root / task.name, self._max_pixels, task.size))
        except PictureError as error:
            return error.as_skip(task.name)

    @abstractmethod
    def _made(self, task: Task, picture: Picture) -> T:
        """Prepare a picture.

        Raises:
            PictureError: It cannot be used.
        """


class Pictures(DecodedPictures[Loaded | Checked]):
    """Pictures for the generator.

    Args:
        root: The image folder.
        tasks: What to load.
        width: Width that the generator runs at, 0 for each picture's own.
        max_pixels: Pictures with more are skipped.
        most_working_pixels: What the device can hold at the working size, or None.
    """

    def __init__(
        self, root: Path, tasks: Sequence[Task], width: int, max_pixels: int, most_working_pixels: int | None
    ) -> None:
        super().__init__(root, tasks, max_pixels)
        self._width = width
        self._most_working_pixels = most_working_pixels

    def _made(self, task: Task, picture: Picture) -> Loaded | Checked:
        return Checked(task) if task.action is Action.KEEP else self._prepared(task, picture)

    def _prepared(self, task: Task, picture: Picture) -> Loaded:
        """Scale and pad a picture for the generator."""
        height, width = picture.pixels.shape[:2]
        size = working_size((width, height), self._width)
        padded_width, padded_height = padded_size(size)
        if self._most_working_pixels is not None and padded_width * padded_height > self._most_working_pixels:
            raise PictureError(Reason.OUT_OF_MEMORY, f"too large at {size_text(size)}; lower --width")
        return Loaded(
            task=task,
            original=picture.pixels,
            working=torch.from_numpy(_writable(pad_by_reflection(scale(picture.pixels, size)))),
            working_size=size,
            format=picture.format,
            icc_profile=picture.icc_profile,
        )


def scale(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Scale a picture bicubically with antialiasing, as the published preprocessing does with Pillow.

    A smaller picture is made by torch, whose filter is the same, and several times as fast on processors with AVX2; one
    value in some hundreds differs from Pillow's by one level.

    Args:
        pixels: (H, W, 3).
        size: (W, H) wanted.
    """
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    if size[0] > width or size[1] > height:
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    image = torch.from_numpy(_writable(pixels)[None]).permute(0, 3, 1, 2)  # (1, 3, H, W), channels last
    scaled = F.interpolate(image, size=size[::-1], mode="bicubic", antialias=True)
    return np.ascontiguousarray(scaled[0].permute(1, 2, 0).numpy())


def load(pictures: Pictures, workers: int) -> Generator[Item, None, None]:
    """Yield the pictures in order, decoded ahead in threads; close it to end them.

    Pillow decodes without Python's lock, and between threads nothing needs to be sent. Two pictures for each thread,
    and one, wait at most.

    Args:
        pictures: What to load.
        workers: Number of threads; 0 decodes in this one.
    """
    if workers == 0:
        yield from map(pictures.__getitem__, range(len(pictures)))
        return
    pending: deque[Future[Item]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for index in range(len(pictures)):
                pending.append(pool.submit(pictures.__getitem__, index))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:  # also where no more are asked for
            for future in pending:
                future.cancel()


def decoded_ahead(
    dataset: Dataset[T], indices: Iterable[Any], count: int, workers: int, *, pin: bool = False
) -> Iterator[T]:
    """Return the items at some indices in order, made ahead in processes of their own.

    The processes end with the last reference to the iterator.

    Args:
        dataset: Makes an item from an index; items stay as they are.
        indices: In the order wanted.
        count: Their number.
        workers: Number of processes; 0 makes the items in this one.
        pin: Put tensors in pinned memory, for copies to a GPU.
    """
    with warnings.catch_warnings():
        # More workers than cores is the user's choice; that the processes are forked is torch's.
        warnings.simplefilter("ignore")
        loader: DataLoader[T] = DataLoader(
            dataset,
            batch_size=None,
            sampler=indices,
            num_workers=min(workers, count),
            collate_fn=_unchanged,
            worker_init_fn=_start_worker,
            pin_memory=pin,
            generator=torch.Generator(),  # else it draws from the global one
        )
        return iter(loader)


def batches(
    items: Iterable[Batched | Checked | Skip], batch_size: Callable[[Size], int]
) -> Iterator[list[Batched] | Checked | Skip]:
    """Group what goes through a network by size; the rest passes.

    The groups depend on the order alone, not on timing.

    Args:
        items: Loaded pictures.
        batch_size: Wanted size of a batch by the pictures' common (W, H).
    """
    waiting: dict[Size, list[Batched]] = {}
    for item in items:
        if isinstance(item, Checked | Skip):
            yield item
            continue
        size = item.common_size
        group = waiting.setdefault(size, [])
        group.append(item)
        wanted = batch_size(size)
        if len(group) >= wanted:
            yield waiting.pop(size)
        elif sum(map(len, waiting.values())) >= max(MOST_WAITING, 2 * wanted):
            yield waiting.pop(next(iter(waiting)))
    yield from waiting.values()


def until(items: Iterator[T], stop: Callable[[], bool]) -> Iterator[T]:
    """Pass items on until a stop is asked for."""
    while not stop():
        try:
            item = next(items)
        except StopIteration:
            return
        yield item


@contextmanager
def worker_deaths_explained() -> Iterator[None]:
    """Turn torch's error about a decoding process that died into one that a user can act on.

    torch raises it from a signal handler, so it can come up in whatever the main thread is doing: callers that work
    between what a job yields put this around their loop.

    Raises:
        RunError: A decoding process died.
    """
    try:
        yield
    except (RuntimeError, ConnectionError, EOFError) as error:  # the latter two from its pipe, where it died in a word
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        raise RunError(
            "a decoding process died, perhaps for lack of memory or of shared memory",
            "Run the same command again with fewer --workers to continue; 0 decodes in the main process.",
        ) from error


def _writable(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Copy an array that a tensor may not share: a read-only or a strided one."""
    return np.require(pixels, requirements=["C", "W"])


def _unchanged(item: Any) -> Any:  # noqa: ANN401 (torch's signature, which is meant for batches)
    """Keep torch from taking items apart."""
    return item


def _start_worker(index: int) -> None:
    """Leave Ctrl-C, which reaches every process of the terminal, to the main process."""
    del index
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
