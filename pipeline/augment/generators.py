"""The generators of a run, loaded one after the other; of each stays what works on the device, and what is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.augment.drawing import DrawnWeights
from pipeline.augment.options import DEFAULT_WIDTH, AugmentOptions
from pipeline.augment.weights_choice import ChosenWeights, names_in_tables
from pipeline.effects.detail import Detail, usual_detail
from pipeline.effects.generator import GeneratorEffect
from pipeline.effects.mixed import Mixed
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.place import Place
from tpsence.content import Content
from tpsence.metadata import GeneratorMetadata
from tpsence.untrusted import content_of
from tpsence.weights import LoadedGenerator, load_generator


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedGenerator:
    """A generator that pictures go through."""

    name: str
    """As it was given."""
    share: float
    """Share of the pictures; those of all are 1 together."""
    path: Path
    """The file that was read."""
    sha256: str
    """SHA-256 of that file, in hexadecimal."""
    metadata: GeneratorMetadata
    """What is known about it."""
    width: int
    """Width in pixels that it runs at, 0 for each picture's own."""
    detail: Detail
    """How its change comes back to a picture's own size."""

    @property
    def asks(self) -> str | None:
        """The level of water that the weights ask for, or None where they say nothing."""
        return self.metadata.water

    def recorded(self, *, alone: bool) -> dict[str, Any]:
        """Return what ``run.json`` tells about it."""
        about = {"path": str(self.path), **self.metadata.model_dump(exclude_none=True)}
        return about if alone else {"name": self.name, **about}

    def in_mixture(self) -> dict[str, Any]:
        """Return what of it shapes the output beside its file, where it is one of several."""
        level = (WaterLevel(self.asks) if self.asks else WaterLevel.NONE).value
        own = {"width": self.width, "detail": self.detail.value, "water": level}
        return {"share": self.share, **own}

    @property
    def architecture(self) -> str:
        """Its architecture, in a few words."""
        return self.metadata.architecture.described()


def load_generators(
    chosen: Sequence[ChosenWeights],
    options: AugmentOptions,
    place: Place,
    batch_size: int | None,
) -> tuple[GeneratorEffect | Mixed | None, list[UsedGenerator]]:
    """Load generators, each with its own width and detail where these are not told.

    No more than one of them is in memory beside what works on the device, or beside the content of the files where the
    networks are built elsewhere.

    Args:
        chosen: Which; none for water alone.
        options: What was told.
        place: Where they run.
        batch_size: Pictures of one size that run together, or None to choose.

    Returns:
        The effect of one or of all, None of none; and what is known of each.

    Raises:
        WeightsError: One cannot be used.
    """
    effects, used = list[GeneratorEffect](), list[UsedGenerator]()
    for one in chosen:
        loaded = load_generator(one.path)
        effect = generator_effect(loaded, options, place, batch_size)
        effects.append(effect)
        used.append(_used(one, loaded, effect))
        del loaded
    if not effects:
        return None, used
    return (effects[0] if len(effects) == 1 else Mixed(effects)), used


def generator_effect(
    loaded: LoadedGenerator,
    options: AugmentOptions,
    place: Place,
    batch_size: int | None = None,
) -> GeneratorEffect:
    """Make an effect of a generator.

    Args:
        loaded: The generator.
        options: What was told; the weights say the rest.
        place: Where it runs.
        batch_size: Pictures of one size that run together, or None to choose.

    Raises:
        WeightsError: It is built elsewhere, and its file cannot be read any more.
    """
    metadata = loaded.metadata
    content: Content | None = None if place.is_here else content_of(loaded.path)
    return GeneratorEffect(
        loaded,
        place.device,
        place.precision,
        width=options.width if options.width is not None else metadata.width or DEFAULT_WIDTH,
        detail=options.detail or usual_detail(metadata.architecture, light_only=metadata.light_only),
        batch_size=batch_size,
        content=content,
    )


def drawn_weights(used: Sequence[UsedGenerator]) -> list[DrawnWeights]:
    """Return what is drawn from."""
    names = names_in_tables([(one.sha256, str(one.path)) for one in used], [one.name for one in used])
    if len(used) == 1:
        return [DrawnWeights(name=names[0])]
    levels = [WaterLevel(one.asks or WaterLevel.NONE) for one in used]
    return [
        DrawnWeights(name=name, share=one.share, level=level)
        for name, one, level in zip(names, used, levels, strict=True)
    ]


def _used(chosen: ChosenWeights, loaded: LoadedGenerator, effect: GeneratorEffect) -> UsedGenerator:
    """Return what is known of a generator, without its network."""
    return UsedGenerator(
        name=chosen.name,
        share=chosen.share,
        path=loaded.path,
        sha256=loaded.sha256,
        metadata=loaded.metadata,
        width=effect.width,
        detail=effect.detail,
    )
