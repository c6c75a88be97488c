"""Several generators as one effect: each picture goes through the one that its variant names."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.effects.generator import Change, GeneratorEffect, Scaled
from pipeline.effects.interface import Composed, Effect, Pixels
from pipeline.effects.scene import Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.engine.batching import Batchable
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError


@dataclass(frozen=True, slots=True)
class Chosen(Batchable):
    """A picture at the size that its generator runs at."""

    generator: int
    """Place of the generator."""
    scaled: Scaled
    """The picture as that wants it."""

    @property
    def common_size(self) -> Size:
        """The padded (W, H)."""
        return self.scaled.common_size

    @property
    def kind(self) -> int:
        """The generator: pictures of another are not in a batch with it."""
        return self.generator


class Mixed(Effect[Chosen, Change]):
    """Several generators, each with its own width and its own way back to the picture's size.

    Their networks stay side by side on the device; one of them works at a time.

    Args:
        generators: At least one; ``Variant.generator`` is a place among them.
    """

    def __init__(self, generators: Sequence[GeneratorEffect]) -> None:
        self.generators = generators

    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> Chosen:
        """Scale and pad a picture for its generator; see ``Effect.prepare``."""
        return Chosen(variant.generator, self.generators[variant.generator].prepare(pixels, variant))

    def batch_size(self, size: Size) -> int:
        """Return the batch size for a padded (W, H) that each of the networks takes; see ``Effect.batch_size``."""
        return min(one.batch_size(size) for one in self.generators)

    def transform(self, group: Sequence[Chosen]) -> list[Change | PictureError]:
        """Translate a group, which is of one generator; see ``Effect.transform``."""
        return self.generators[group[0].generator].transform([item.scaled for item in group])

    def compose(self, pixels: Pixels, prepared: Chosen, transformed: Change, scene: Scene) -> Composed:
        """Apply the change to the picture at its own size; see ``Effect.compose``."""
        return self.generators[prepared.generator].compose(pixels, prepared.scaled, transformed, scene)
