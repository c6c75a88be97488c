"""The pictures of a preview, as ``augment`` makes them: each goes through a generator once for all that follows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import torch

from pipeline.augment.generators import generator_effect
from pipeline.augment.method import water_of
from pipeline.augment.scenes import Scenes
from pipeline.effects.generator import GeneratorEffect, Scaled
from pipeline.effects.interface import Pixels
from pipeline.effects.rain import DryPicture, Found, RainEffect, RegionSource
from pipeline.effects.scene import Regions, Scene
from pipeline.effects.water import Water
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.engine.tasks import Task
from pipeline.images.skips import PictureError
from pipeline.preview.columns import Column
from tpsence.weights import LoadedGenerator

Made = TypeVar("Made")
Maker = Callable[[], Pixels]
"""Makes the picture (H, W, 3) of one column; any thread may call it."""


class Renderer:
    """Makes pictures under several settings, which share the networks.

    Args:
        generators: Those that the columns name by their place; None for water alone.
        columns: What is made of each picture.
        scenes: What else is known of the pictures.
        device: Where the networks run.
        precision: Their arithmetic; not ``auto``.
    """

    def __init__(
        self,
        generators: Sequence[LoadedGenerator | None],
        columns: Sequence[Column],
        scenes: Scenes,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self._columns = columns
        self._scenes = scenes
        told = {one.weights: one.options for one in columns}  # but for water and strength the same for all of one
        here = Place(device=device, precision=precision)
        self._generators = [
            None if loaded is None else generator_effect(loaded, told[place], here)
            for place, loaded in enumerate(generators)
        ]
        self._maps: RegionSource | None = None
        if any(one.level is not WaterLevel.NONE for one in columns):
            from pipeline.augment.map_network import MapNetwork  # imports mmsegmentation, which takes seconds

            self._maps = MapNetwork(device, precision)

    def makers(self, task: Task, pixels: Pixels) -> list[Maker]:
        """Ask the networks about a picture, and return what makes it, for each column.

        Args:
            task: The picture.
            pixels: (H, W, 3).

        Raises:
            LabelError: The labels have changed since they were read.
            PictureError: It cannot be done for this picture.
        """
        found = [self._through_device(generator, pixels) for generator in self._generators]
        scene = Scene()
        if self._maps is not None:
            scene = replace(self._scenes.of(task, pixels), regions=_regions(self._maps, pixels))
        return [partial(self._made, one, pixels, *found[one.weights], scene) for one in self._columns]

    @staticmethod
    def _through_device(generator: GeneratorEffect | None, pixels: Pixels) -> tuple[DryPicture, Found]:
        """Ask a generator about a picture; how strong the change is and how much it rains comes later."""
        effect = RainEffect(Water(level=WaterLevel.NONE), generator, None)
        prepared = effect.prepare(pixels)
        return prepared, _or_raise(effect.transform([prepared])[0])

    def _made(self, column: Column, pixels: Pixels, prepared: DryPicture, found: Found, scene: Scene) -> Pixels:
        """Make the picture of a column."""
        generator = self._generators[column.weights]
        scaled = prepared.scaled
        if isinstance(scaled, Scaled):
            scaled = replace(scaled, strength=column.strength)
        if column.level is WaterLevel.NONE and generator and isinstance(scaled, Scaled) and found.change is not None:
            return generator.compose(pixels, scaled, found.change, Scene()).pixels  # as without label maps
        water = water_of(column.options.model_copy(update={"water": column.level}))
        told = replace(prepared, scaled=scaled, level=column.level)
        return RainEffect(water, generator, None).compose(pixels, told, found, scene).pixels


def _regions(source: RegionSource, pixels: Pixels) -> Regions | None:
    """Find where ground and sky are, None where the source takes no such picture."""
    shown = source.prepare(pixels)
    return None if shown is None else _or_raise(source.transform([shown])[0])


def _or_raise(made: Made | PictureError) -> Made:
    """Return what was made of a picture.

    Raises:
        PictureError: It could not be made.
    """
    if isinstance(made, PictureError):
        raise made
    return made
