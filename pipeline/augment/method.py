"""What is done to the pictures of a run: a generator, water, or both, made of what was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.augment.drawing import Drawing, drawing_of
from pipeline.augment.generators import UsedGenerator, drawn_weights, load_generators
from pipeline.augment.map_folder import MapFolder, open_maps
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan
from pipeline.augment.scenes import Scenes
from pipeline.augment.water_choice import resolved
from pipeline.augment.weights_choice import ChosenWeights
from pipeline.effects.detail import usual_detail
from pipeline.effects.interface import Effect
from pipeline.effects.rain import RainEffect
from pipeline.effects.water import Water
from pipeline.effects.water_options import RAIN_RATES, WaterLevel
from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.engine.tasks import refuse_overlap
from pipeline.weights.packaged import ROAD_LITE, terms_of


@dataclass(frozen=True, kw_only=True)
class Method:
    """What is done to the pictures."""

    effect: Effect[Any, Any]
    """All of it."""
    generators: Sequence[UsedGenerator]
    """The generators, of which each picture has one; none for water alone."""
    drawing: Drawing
    """What is drawn for each picture."""
    device: torch.device
    """Where the networks run: in this process, or where the work is sent to."""
    precision: Precision
    scenes: Scenes | None
    """What is known of the pictures beside their pixels; None where nobody asks."""

    @property
    def width(self) -> int | None:
        """Width in pixels that the generators run at, 0 for each picture's own; None without one, or of several."""
        widths = {one.width for one in self.generators}
        return widths.pop() if len(widths) == 1 else None

    @property
    def maps(self) -> str | None:
        """Where label maps come from: the name of a network or of a folder; None where none are needed."""
        if self.scenes is None:
            return None
        return self.scenes.maps.folder.name if self.scenes.maps else ROAD_LITE.name

    def settings(self) -> dict[str, Any]:
        """Return what of it shapes the output, beside the options."""
        maps = self.scenes and (self.scenes.maps.classes_sha256 if self.scenes.maps else ROAD_LITE.sha256)
        hashes = [one.sha256 for one in self.generators]
        if len(hashes) < 2:
            return {"weights_sha256": hashes[0] if hashes else None, "maps_sha256": maps}
        mixture = [one.in_mixture() for one in self.generators]
        return {"weights_sha256": hashes, "maps_sha256": maps, "mixture": mixture}

    def about(self) -> dict[str, Any]:
        """Return what else ``run.json`` tells about it."""
        alone = len(self.generators) == 1
        told = [one.recorded(alone=alone) for one in self.generators]
        return {"weights": told[0] if alone else told} if told else {}

    def terms(self) -> list[str]:
        """Return the terms of the packaged weights that are used, a line each."""
        hashes = [one.sha256 for one in self.generators]
        if self.maps is not None and self.scenes is not None and self.scenes.maps is None:
            hashes.append(ROAD_LITE.sha256)
        return [terms for sha256 in hashes if (terms := terms_of(sha256))]

    def described(self) -> str:
        """Return what it is and where it runs, in a few words."""
        where = f"{self.device}, {self.precision.value}"
        if not self.generators:
            return f"no generator; on {where}"
        if len(self.generators) > 1:
            return f"{len(self.generators)} generators on {where}"
        one = self.generators[0]
        return f"generator of {one.architecture} on {where}, width {one.width or 'native'}"

    def mixture_described(self) -> list[str]:
        """Return a line about each of several generators."""
        if len(self.generators) < 2:
            return []
        return [
            f"{one.share:.1%} of the pictures by {one.name}: {one.architecture}, width {one.width or 'native'}"
            for one in self.generators
        ]

    def water_described(self) -> list[str]:
        """Return a line about the water; none without."""
        if not self.drawing.is_wet:
            return []
        rates = sorted({RAIN_RATES[level] for level in self.drawing.levels})
        rate = " to ".join(f"{one:g}" for one in dict.fromkeys([rates[0], rates[-1]]))
        return [f"water: {self.drawing.water_text()}, {rate} mm/h; label maps: {self.maps}"]


def make_method(
    plan: Plan,
    out: Path,
    weights: Sequence[ChosenWeights],
    options: AugmentOptions,
    place: Place,
    batch_size: int | None,
) -> tuple[Method, AugmentOptions]:
    """Load and build everything that pictures go through. Nothing is written.

    Args:
        plan: What becomes of every picture.
        out: The output folder.
        weights: The generators, none for water alone.
        options: What shapes the output.
        place: Where the networks run.
        batch_size: Pictures of one size that run together, or None to choose.

    Returns:
        It, and the options with what the weights say.

    Raises:
        InputError: Something cannot be used.
    """
    generator, used = load_generators(weights, options, place, batch_size)
    options = resolved(options, [one.asks for one in used])
    details = {one.detail for one in used} or {options.detail or usual_detail(None)}
    options = options.model_copy(update={"detail": details.pop() if len(details) == 1 else None})
    drawing = drawing_of(options, drawn_weights(used))
    scenes = find_scenes(plan, out, options, is_wet=drawing.is_wet)
    effect: Effect[Any, Any] | None = generator if scenes is None else None
    if effect is None:
        effect = _rain(generator, scenes, options, place)
    method = Method(
        effect=effect,
        generators=used,
        drawing=drawing,
        device=place.device,
        precision=place.precision,
        scenes=scenes,
    )
    return method, options


def water_of(options: AugmentOptions) -> Water:
    """Return the water that resolved options ask for, none where pictures differ in it: their variants tell."""
    level = options.water if isinstance(options.water, WaterLevel) else WaterLevel.NONE
    return Water(level=level, amounts=options.amounts(), horizon=options.horizon, most_covered=options.drops)


def find_scenes(plan: Plan, out: Path, options: AugmentOptions, *, is_wet: bool) -> Scenes | None:
    """Find out what is known of the pictures beside their pixels. Nothing is written.

    Args:
        plan: What becomes of every picture.
        out: The output folder.
        options: What shapes the output, with what the weights say.
        is_wet: Whether there is water.

    Returns:
        It, or None where there is no water and nobody asks.

    Raises:
        InputError: A label map is missing, or it is not known what they mean.
        OutputError: The output is in the folder of the maps, or contains it.
    """
    if not is_wet:
        return None
    maps: MapFolder | None = None
    if options.maps is not None:
        labels = plan.labels
        maps = open_maps(
            options.maps,
            labels.image_root,
            plan.translated(),
            options.max_pixels,
            follow_links=labels.follow_links,
        )
        refuse_overlap([options.maps], out)
    return Scenes(labels=plan.labels, seed=options.seed, maps=maps, max_pixels=options.max_pixels)


def _rain(
    generator: Effect[Any, Any] | None,
    scenes: Scenes | None,
    options: AugmentOptions,
    place: Place,
) -> RainEffect:
    """Build the effect of water; the network for label maps only where there are none of the user's."""
    regions = None
    if scenes is not None and scenes.maps is None:
        from pipeline.augment.map_network import MapNetwork  # imports mmsegmentation, which takes seconds

        regions = MapNetwork(place.device, place.precision, is_here=place.is_here)
    return RainEffect(water_of(options), generator, regions, with_clean=options.has_clean_targets)
