"""What is done to the pictures of a run: a generator, water, or both, made of what was told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.augment.map_folder import MapFolder, open_maps
from pipeline.augment.options import DEFAULT_WIDTH, AugmentOptions
from pipeline.augment.plan import Plan
from pipeline.augment.scenes import Scenes
from pipeline.augment.water_choice import resolved
from pipeline.effects.detail import Detail, usual_detail
from pipeline.effects.generator import GeneratorEffect
from pipeline.effects.interface import Effect
from pipeline.effects.rain import RainEffect
from pipeline.effects.water import Water
from pipeline.effects.water_options import RAIN_RATES, WaterLevel
from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.resources import Precision, Resources
from pipeline.engine.tasks import refuse_overlap
from pipeline.weights.packaged import ROAD_LITE, terms_of
from tpsence.weights import LoadedGenerator, load_generator


@dataclass(frozen=True, kw_only=True)
class Method:
    """What is done to the pictures."""

    effect: Effect[Any, Any]
    """All of it."""
    generator: LoadedGenerator | None
    """The generator, and where it came from; None without one."""
    width: int | None
    """Width in pixels that the generator runs at, 0 for each picture's own; None without one."""
    device: torch.device
    precision: Precision
    level: WaterLevel
    scenes: Scenes | None
    """What is known of the pictures beside their pixels; None where nobody asks."""

    @property
    def maps(self) -> str | None:
        """Where label maps come from: the name of a network or of a folder; None where none are needed."""
        if self.scenes is None:
            return None
        return self.scenes.maps.folder.name if self.scenes.maps else ROAD_LITE.name

    def settings(self) -> dict[str, Any]:
        """Return what of it shapes the output, beside the options."""
        maps = self.scenes and (self.scenes.maps.classes_sha256 if self.scenes.maps else ROAD_LITE.sha256)
        return {"weights_sha256": self.generator.sha256 if self.generator else None, "maps_sha256": maps}

    def about(self) -> dict[str, Any]:
        """Return what else ``run.json`` tells about it."""
        if self.generator is None:
            return {}
        metadata = self.generator.metadata.model_dump(exclude_none=True)
        return {"weights": {"path": str(self.generator.path), **metadata}}

    def terms(self) -> list[str]:
        """Return the terms of the packaged weights that are used, a line each."""
        hashes = [self.generator.sha256] if self.generator else []
        if self.maps is not None and self.scenes is not None and self.scenes.maps is None:
            hashes.append(ROAD_LITE.sha256)
        return [terms for sha256 in hashes if (terms := terms_of(sha256))]

    def described(self) -> str:
        """Return what it is and where it runs, in a few words."""
        where = f"{self.device}, {self.precision.value}"
        if self.generator is None:
            return f"no generator; on {where}"
        architecture = self.generator.metadata.architecture.described()
        return f"generator of {architecture} on {where}, width {self.width or 'native'}"

    def water_described(self) -> list[str]:
        """Return a line about the water; none without."""
        if self.level is WaterLevel.NONE:
            return []
        return [f"water: {self.level.value}, {RAIN_RATES[self.level]:g} mm/h; label maps: {self.maps}"]


def make_method(
    plan: Plan, out: Path, weights: Path | None, options: AugmentOptions, resources: Resources
) -> tuple[Method, AugmentOptions]:
    """Load and build everything that pictures go through. Nothing is written.

    Args:
        plan: What becomes of every picture.
        out: The output folder.
        weights: A generator's file or folder, or None for none.
        options: What shapes the output.
        resources: How the work is done.

    Returns:
        It, and the options with what the weights say.

    Raises:
        InputError: Something cannot be used.
    """
    loaded = load_generator(weights) if weights is not None else None
    options = resolved(options, loaded.metadata.water if loaded else None)
    options = options.model_copy(update={"detail": options.detail or _usual_detail(loaded)})
    device = choose_device(resources.device)
    precision = choose_precision(options.precision, device)
    level = options.water or WaterLevel.NONE
    scenes = find_scenes(plan, out, options)
    generator = None
    if loaded is not None:
        generator = generator_effect(loaded, options, device, precision, resources.batch_size)
    effect: Effect[Any, Any]
    if scenes is None and generator is not None:
        effect = generator
    else:
        effect = _rain(generator, scenes, options, device, precision)
    method = Method(
        effect=effect,
        generator=loaded,
        width=generator.width if generator else None,
        device=device,
        precision=precision,
        level=level,
        scenes=scenes,
    )
    return method, options


def generator_effect(
    loaded: LoadedGenerator,
    options: AugmentOptions,
    device: torch.device,
    precision: Precision,
    batch_size: int | None = None,
) -> GeneratorEffect:
    """Make an effect of a generator.

    Args:
        loaded: The generator.
        options: What was told; the weights say the rest.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
        batch_size: Pictures of one size that run together, or None to choose.
    """
    return GeneratorEffect(
        loaded,
        device,
        precision,
        width=options.width if options.width is not None else loaded.metadata.width or DEFAULT_WIDTH,
        detail=options.detail or _usual_detail(loaded),
        strength=options.strength,
        batch_size=batch_size,
    )


def water_of(options: AugmentOptions) -> Water:
    """Return the water that resolved options ask for."""
    level = options.water or WaterLevel.NONE
    return Water(level=level, amounts=options.amounts(), horizon=options.horizon, most_covered=options.drops)


def _usual_detail(weights: LoadedGenerator | None) -> Detail:
    """Return how the change of a generator comes back where nobody said."""
    if weights is None:
        return usual_detail(None)
    return usual_detail(weights.metadata.architecture, light_only=weights.metadata.light_only)


def find_scenes(plan: Plan, out: Path, options: AugmentOptions) -> Scenes | None:
    """Find out what is known of the pictures beside their pixels. Nothing is written.

    Args:
        plan: What becomes of every picture.
        out: The output folder.
        options: What shapes the output, with what the weights say.

    Returns:
        It, or None where there is no water and nobody asks.

    Raises:
        InputError: A label map is missing, or it is not known what they mean.
        OutputError: The output is in the folder of the maps, or contains it.
    """
    if options.water in {None, WaterLevel.NONE}:
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
    generator: GeneratorEffect | None,
    scenes: Scenes | None,
    options: AugmentOptions,
    device: torch.device,
    precision: Precision,
) -> RainEffect:
    """Build the effect of water; the network for label maps only where there are none of the user's."""
    regions = None
    if scenes is not None and scenes.maps is None:
        from pipeline.augment.map_network import MapNetwork  # imports mmsegmentation, which takes seconds

        regions = MapNetwork(device, precision)
    return RainEffect(water_of(options), generator, regions, with_clean=options.has_clean_targets)
