"""Pictures in memory, translated."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, overload

import torch

from pipeline.augment.amounts import Spread
from pipeline.augment.generators import generator_effect
from pipeline.augment.method import water_of
from pipeline.augment.options import AugmentOptions
from pipeline.augment.water_choice import resolved
from pipeline.effects.interface import Effect
from pipeline.effects.rain import RainEffect
from pipeline.effects.variant import Variant
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.images.skips import PictureError
from pipeline.translate.asked import Asked, Boxes
from pipeline.translate.label_map import LabelMap
from pipeline.translate.pictures import Kind, opened_all
from pipeline.weights.packaged import ROAD_LITE, terms_of
from tpsence.errors import InputError
from tpsence.weights import LoadedGenerator

if TYPE_CHECKING:
    from pipeline.augment.map_network import MapNetwork


class Translator:
    """Makes rain of pictures in memory, as ``tpsence augment`` does of files; ``tpsence.load`` makes one.

    Threads may share it. It can be pickled and sent: the networks are loaded again where it arrives.

    Args:
        weights: The generator, or None for water alone.
        options: What was told about it.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
    """

    def __init__(
        self, weights: LoadedGenerator | None, options: AugmentOptions, device: torch.device, precision: Precision
    ) -> None:
        self.device = device
        self.precision = precision
        self._said = weights.metadata.water if weights else None
        self._about = weights.metadata.architecture.described() if weights else "water alone"
        self._terms = terms_of(weights.sha256) if weights else None
        here = Place(device=device, precision=precision)
        self._generator = generator_effect(weights, options, here) if weights else None
        self._maps: MapNetwork | None = None
        self._building = Lock()

    def __repr__(self) -> str:
        """Say what it is and where it runs."""
        return f"<Translator: {self._about}, on {self.device}, {self.precision.value}>"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to this process."""
        return {name: value for name, value in self.__dict__.items() if name != "_building"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Come alive in another process."""
        self.__dict__.update(state)
        self._building = Lock()

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of the packaged weights that it uses, a line each."""
        return tuple(terms for terms in (self._terms, terms_of(ROAD_LITE.sha256)) if terms)

    @overload
    def __call__(
        self,
        image: Kind,
        strength: float = ...,
        water: str | None = ...,
        label_map: LabelMap | None = ...,
        seed: int = ...,
        *,
        classes: str | Sequence[str] | None = ...,
        boxes: Boxes | None = ...,
        name: str | None = ...,
        water_amounts: Mapping[str, float] | None = ...,
        horizon: float | None = ...,
        drops: float = ...,
    ) -> Kind: ...

    @overload
    def __call__(
        self,
        image: torch.Tensor,
        strength: float = ...,
        water: str | None = ...,
        label_map: LabelMap | Sequence[LabelMap] | None = ...,
        seed: int | Sequence[int] = ...,
        *,
        classes: str | Sequence[str] | None = ...,
        boxes: Boxes | Sequence[Boxes | None] | None = ...,
        name: str | Sequence[str] | None = ...,
        water_amounts: Mapping[str, float] | None = ...,
        horizon: float | None = ...,
        drops: float = ...,
    ) -> torch.Tensor: ...

    @overload
    def __call__(
        self,
        image: Sequence[Kind],
        strength: float = ...,
        water: str | None = ...,
        label_map: LabelMap | Sequence[LabelMap] | None = ...,
        seed: int | Sequence[int] = ...,
        *,
        classes: str | Sequence[str] | None = ...,
        boxes: Boxes | Sequence[Boxes | None] | None = ...,
        name: Sequence[str] | None = ...,
        water_amounts: Mapping[str, float] | None = ...,
        horizon: float | None = ...,
        drops: float = ...,
    ) -> list[Kind]: ...

    def __call__(
        self,
        image: Any,
        strength: float = 1.0,
        water: str | None = None,
        label_map: LabelMap | Sequence[LabelMap] | None = None,
        seed: int | Sequence[int] = 0,
        *,
        classes: str | Sequence[str] | None = None,
        boxes: Boxes | Sequence[Boxes | None] | None = None,
        name: str | Sequence[str] | None = None,
        water_amounts: Mapping[str, float] | None = None,
        horizon: float | None = None,
        drops: float = 0.1,
    ) -> Any:
        """Return a picture, or a list of them, in rain.

        Equal to what ``tpsence augment`` writes of the same picture, name and boxes, before it is encoded. Nothing
        moves or changes its size. Pictures of a list may differ in size and kind; those of one size run together.

        Args:
            image: RGB: a PIL picture; an array (H, W, 3) of uint8, or of floats from 0 to 1; a tensor (3, H, W) of
                uint8, or of floats from 0 to 1. Or a list of them, or a tensor (N, 3, H, W).
            strength: Scale of what the generator changes, 0 to 1.5.
            water: ``none``, ``light``, ``moderate`` or ``heavy``; None takes what the weights want (``rain``:
                moderate).
            label_map: (H, W) class ids, of the size of the picture, which tell where ground and sky are; a list of
                pictures takes a list, or (N, H, W). None finds them by the network ``road-lite``.
            seed: Chooses other places of puddles, streaks and drops. The k-th picture of a list, from 0, has ``seed +
                k``, or the k-th of a list of seeds.
            classes: What the ids of label maps mean: ``cityscapes``, ``camvid`` or ``ade20k``, or a name for each id.
                None takes what the palette of a PIL picture tells, else Cityscapes.
            boxes: (K, 4), x0, y0, x1, y1 in pixels, of labelled objects, which stay visible; a list of pictures takes
                a list, or (N, K, 4).
            name: Of the picture in a data set: the lot then falls as in ``tpsence augment --seed SEED``. A list of
                pictures takes a list, and all have the same seed.
            water_amounts: How much of ``overcast``, ``wet_ground``, ``haze``, ``streaks``, ``drops`` there is, 0 to 2.
            horizon: Where it is, as a share of the height from the top; None finds it.
            drops: The most of a box that drops on the glass may cover, 0 to 1.

        Returns:
            The same kind, size, dtype, range and device; a PIL picture of mode RGB. A list for a list.

        Raises:
            InputError: A picture or a setting cannot be used, or the device cannot hold a picture.
        """
        is_batch = isinstance(image, torch.Tensor) and image.ndim == 4
        is_list = is_batch or isinstance(image, list | tuple)
        given = opened_all(list(image) if is_list else [image])
        asked = Asked(label_map=label_map, classes=classes, boxes=boxes, seed=seed, name=name)
        scenes = asked.scenes([one.size for one in given], is_list=is_list)
        effect, variant = self._effect(
            own_maps=label_map is not None,
            strength=strength,
            water=water,
            water_amounts=water_amounts or {},
            horizon=horizon,
            drops=drops,
        )
        try:
            made = effect.apply([one.pixels for one in given], scenes, variant)
        except PictureError as error:
            raise InputError(
                error.detail, "Give a smaller picture, or load the weights with a smaller `width`."
            ) from error
        results = [one.restored(result.pixels) for one, result in zip(given, made, strict=True)]
        if is_batch:
            return torch.stack(results).as_subclass(type(image))
        return results if is_list else results[0]

    def _effect(
        self,
        *,
        own_maps: bool,
        **told: Any,  # noqa: ANN401 (checked by the schema)
    ) -> tuple[Effect[Any, Any], Variant]:
        """Return what is to be done, and how much of it.

        Raises:
            InputError: A setting is out of range, or two contradict each other.
        """
        said = [] if self._generator is None else [self._said]
        options = resolved(AugmentOptions(water_only=self._generator is None, **told), said)
        if isinstance(options.strength, Spread) or isinstance(options.water, Spread):
            raise InputError(
                "`strength` and `water`: several values for one picture", "Draw one yourself; tpsence.augment draws."
            )
        variant = Variant(strength=options.strength)
        if self._generator is not None and options.water is WaterLevel.NONE:
            if own_maps:
                raise InputError("`label_map` goes with water", "Give `water`, or leave `label_map` out.")
            return self._generator, variant
        return RainEffect(water_of(options), self._generator, None if own_maps else self._map_network()), variant

    def _map_network(self) -> "MapNetwork":
        """Return the network that finds ground and sky, which is built when it is first wanted."""
        with self._building:
            if self._maps is None:
                from pipeline.augment.map_network import MapNetwork  # imports mmsegmentation, which takes seconds

                self._maps = MapNetwork(self.device, self.precision)
            return self._maps
