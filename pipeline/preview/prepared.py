"""A preview that was checked and can start."""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from pipeline.augment.scenes import Scenes
from pipeline.effects.interface import Pixels
from pipeline.engine.cores import available_cores
from pipeline.engine.events import Done, Event, Finished, Found, Skip
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.interface import Stop, never
from pipeline.engine.tasks import Action, Task
from pipeline.images.codec import read_picture
from pipeline.images.skips import PictureError
from pipeline.labels.interface import LabelledPicture
from pipeline.pages.pictures import scaled
from pipeline.pages.words import short
from pipeline.preview.content import Row
from pipeline.preview.gather import boxes_of, content_of, summary_of
from pipeline.preview.page import render_small, room_for
from pipeline.preview.render import Maker, Renderer
from pipeline.preview.setup import Setup
from pipeline.preview.sheet import draw_sheet
from pipeline.preview.source import nothing_to_show
from pipeline.weights.packaged import name_notes

COMMAND = "preview"


@dataclass(frozen=True)
class PreviewJob:
    """A preview that was checked and can start."""

    setup: Setup
    """What it is made of, and with."""

    def events(self, stop: Stop = never) -> Iterator[Event]:
        """Make the pictures, then write page and sheet.

        Args:
            stop: Asked before each picture; when it says yes, nothing is written.

        Raises:
            InputError: No picture can be decoded, or the labels have changed since they were read.
            RunError: Page or sheet cannot be written.
        """
        began = time.monotonic()
        setup = self.setup
        total = len(setup.chosen.pictures) * len(setup.columns)
        notes = [note for one in setup.options.generators for note in name_notes(one)]
        yield Found(total=total, texts=[*setup.terms(), setup.described()], warnings=notes)
        keep_freed_memory(setup.device.type)
        rows, skips = list[Row](), list(setup.chosen.skips)
        for picture in setup.chosen.pictures:
            if stop():
                break
            made = yield from self._row(picture)
            (skips if isinstance(made, Skip) else rows).append(made)  # type: ignore[arg-type]
        if stop():
            yield Finished(command=COMMAND, summary={"complete": False}, skips=len(skips), stopped=True)
            return
        if not rows:
            raise nothing_to_show(setup.source, skips)
        content = content_of(setup, rows, skips)
        setup.place.write(render_small(content), draw_sheet(content))
        summary = summary_of(setup, rows, skips, seconds=time.monotonic() - began)
        yield Finished(command=COMMAND, summary=summary, skips=len(skips), about={"skips": skips})

    def rendered(self, picture: LabelledPicture) -> tuple[Pixels, list[Maker]]:
        """Read a picture and ask the networks about it.

        Args:
            picture: One of the source's.

        Returns:
            It, and what makes of it what ``augment`` does, for each column.

        Raises:
            LabelError: The labels have changed since they were read.
            PictureError: It cannot be read, or not be done.
        """
        file = self.setup.source.labels.image_root / picture.name
        pixels = read_picture(file, self.setup.options.max_pixels, picture.size).pixels
        task = Task(picture.name, picture.name, Action.TRANSLATE, picture.size)
        return pixels, self._renderer.makers(task, pixels)

    def _row(self, picture: LabelledPicture) -> Generator[Done | Skip, None, Row | Skip]:
        """Make a picture in every column, beside each other, and scale each at once."""
        try:
            pixels, makers = self.rendered(picture)
        except PictureError as error:
            skip = error.as_skip(picture.name)
            yield skip
            return skip
        size = pixels.shape[1], pixels.shape[0]
        labels = self.setup.source.labels
        shown = room_for(size, len(self.setup.chosen.pictures) * (1 + len(makers)))
        made: list[Image.Image] = []
        with ThreadPoolExecutor(min(16, available_cores()), thread_name_prefix="compose") as pool:
            for one in pool.map(lambda make: scaled(make(), shown), makers):
                made.append(one)
                yield Done(name=picture.name)
        return Row(
            name=short(picture.name),
            size=size,
            original=scaled(pixels, shown),
            made=made,
            boxes=boxes_of(labels.objects(picture.name), size),
        )

    @cached_property
    def _renderer(self) -> Renderer:
        """What makes the pictures; building it takes seconds."""
        setup = self.setup
        labels, options = setup.source.labels, setup.options
        scenes = Scenes(labels=labels, seed=options.seed, maps=None, max_pixels=options.max_pixels)
        return Renderer(setup.generators, setup.columns, scenes, setup.device, setup.precision)
