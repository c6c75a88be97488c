"""An effect that does nothing: what a run with it takes, is what engine, files and journals take."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.effects.interface import Composed, Effect, Pixels
from pipeline.effects.scene import Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.engine.batching import Batchable
from pipeline.images.geometry import Size

BATCH = 16


@dataclass(frozen=True, slots=True)
class Waiting(Batchable):
    """A picture that waits for nothing."""

    size: Size
    """Its (W, H)."""

    @property
    def common_size(self) -> Size:
        """The (W, H) that pictures of a batch have in common."""
        return self.size


class Nothing(Effect[Waiting, None]):
    """Leaves pictures as they are. It can be pickled."""

    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> Waiting:
        """Take the size; see ``Effect.prepare``."""
        del variant
        return Waiting((pixels.shape[1], pixels.shape[0]))

    def batch_size(self, size: Size) -> int:
        """Return a size that networks have on GPUs; see ``Effect.batch_size``."""
        del size
        return BATCH

    def transform(self, group: Sequence[Waiting]) -> list[None]:  # type: ignore[override]
        """Do nothing; see ``Effect.transform``."""
        return [None for _ in group]

    def compose(self, pixels: Pixels, prepared: Waiting, transformed: None, scene: Scene) -> Composed:
        """Return the picture as it was; see ``Effect.compose``."""
        del prepared, transformed, scene
        return Composed(pixels=pixels)
