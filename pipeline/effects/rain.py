"""Rain as an effect: the light of a generator, and water on what it shows; either can be left out.

A picture goes through the device once, for the change of its light and for its label map together.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pipeline.effects.generator import Change
from pipeline.effects.interface import Composed, Effect, Pixels
from pipeline.effects.layout import night_in
from pipeline.effects.scene import Regions, Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.effects.water import Water
from pipeline.effects.water_options import GROUND, NIGHT, WaterLevel
from pipeline.engine.batching import Batchable
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError


class RegionSource(Protocol):
    """Finds ground and sky where the device is. It can be pickled as an ``Effect`` can."""

    def prepare(self, pixels: Pixels) -> Batchable | None:
        """Make of a picture (H, W, 3) what ``transform`` takes, or return None where it takes no such picture."""
        ...

    def batch_size(self, size: Size) -> int:
        """Return how many prepared pictures of a common (W, H) go through together."""
        ...

    def transform(self, group: Sequence[Any]) -> list[Regions | PictureError]:
        """Find the regions of prepared pictures, whose sizes may differ; one result for each."""
        ...


@dataclass(frozen=True, slots=True)
class DryPicture(Batchable):
    """A picture that is ready for the device."""

    size: Size
    """Its own (W, H)."""
    scaled: Batchable | None
    """For the generator, where there is one."""
    shown: Batchable | None
    """For the source of the regions, where there is one that takes it."""
    level: WaterLevel
    """How hard it rains."""

    @property
    def common_size(self) -> Size:
        """The padded (W, H) for the generator, or without one the size for the source of the regions."""
        first = self.scaled or self.shown
        return first.common_size if first else self.size

    @property
    def kind(self) -> Hashable:
        """What pictures for the generator have in common beside their size."""
        return self.scaled.kind if self.scaled else None


@dataclass(frozen=True, slots=True)
class Found:
    """What the device has made of a picture."""

    change: Change | None
    regions: Regions | None


class RainEffect(Effect[DryPicture, Found]):
    """Water, with or without a generator before it.

    Args:
        water: How much, where a picture's variant says nothing else of the level.
        generator: What changes the light first, one or several in one, or None.
        regions: Finds ground and sky, or None where scenes have them or nothing is known of them.
        with_clean: Also return the pictures without what falls and lies on the glass.
    """

    def __init__(
        self,
        water: Water,
        generator: Effect[Any, Change] | None,
        regions: RegionSource | None,
        *,
        with_clean: bool = False,
    ) -> None:
        self.water = water
        self.generator = generator
        self.regions = regions
        self.with_clean = with_clean

    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> DryPicture:
        """Prepare a picture for generator and, where it rains, regions; see ``Effect.prepare``."""
        level = self.water.level if variant.level is None else variant.level
        scaled = self.generator.prepare(pixels, variant) if self.generator else None
        shown = self.regions.prepare(pixels) if self.regions and level is not WaterLevel.NONE else None
        return DryPicture((pixels.shape[1], pixels.shape[0]), scaled, shown, level)

    def batch_size(self, size: Size) -> int:
        """Return the batch size for a common (W, H); see ``Effect.batch_size``."""
        first = self.generator or self.regions
        return first.batch_size(size) if first else 1

    def transform(self, group: Sequence[DryPicture]) -> list[Found | PictureError]:
        """Run the generator and find the regions; see ``Effect.transform``."""
        changes = self._changes(group)
        regions = self._regions(group)
        return [_found(*pair) for pair in zip(changes, regions, strict=True)]

    def compose(self, pixels: Pixels, prepared: DryPicture, transformed: Found, scene: Scene) -> Composed:
        """Change the light, then let it rain, at the picture's own size; see ``Effect.compose``."""
        if transformed.regions is not None:
            scene = replace(scene, regions=transformed.regions)
        camera = None
        if self.generator and prepared.scaled is not None and transformed.change is not None:
            scene = replace(scene, is_night=night_in(pixels, scene))  # a generator may brighten a night
            camera = pixels
            pixels = self.generator.compose(pixels, prepared.scaled, transformed.change, scene).pixels
        if prepared.level is WaterLevel.NONE:
            return Composed(pixels=pixels, clean=pixels if self.with_clean else None)
        water = replace(self.water, level=prepared.level)
        rendered = water.render(pixels, scene, camera=camera, with_clean=self.with_clean)
        noted = {GROUND: rendered.has_ground, NIGHT: rendered.is_night}
        return Composed(pixels=rendered.pixels, clean=rendered.clean, noted=noted)

    def _changes(self, group: Sequence[DryPicture]) -> Sequence[Change | PictureError | None]:
        """Return the changes of the light, None without a generator."""
        scaled = [item.scaled for item in group if item.scaled is not None]
        return self.generator.transform(scaled) if self.generator else [None] * len(group)

    def _regions(self, group: Sequence[DryPicture]) -> Sequence[Regions | PictureError | None]:
        """Return the regions, None where they are not found here."""
        shown = [item.shown for item in group if item.shown is not None]
        found = iter(self.regions.transform(shown) if self.regions and shown else ())
        return [None if item.shown is None else next(found) for item in group]


def _found(change: Change | PictureError | None, regions: Regions | PictureError | None) -> Found | PictureError:
    """Put the results for one picture together."""
    if isinstance(change, PictureError):
        return change
    return regions if isinstance(regions, PictureError) else Found(change, regions)
