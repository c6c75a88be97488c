"""Rain as a transform of albumentations 2.0.8, or of albumentationsx, which is imported by the same name.

Example::

    import albumentations as A
    from tpsence.integrations.albumentations import Rain

    transform = A.Compose([Rain(p=0.5)], bbox_params=A.BboxParams("pascal_voc", label_fields=["labels"]), seed=0)
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from tpsence.errors import InputError
from tpsence.integrations.settings import Boxes, Drawn, Loading, checked_strength, checked_water, checked_weights, draw

try:
    import albumentations
except ModuleNotFoundError as missing:
    if missing.name != "albumentations":
        raise
    raise ImportError(
        "tpsence.integrations.albumentations needs albumentations: pip install 'tpsence[albumentations]'"
    ) from missing

Picture = NDArray[Any]
Pictures = Picture | list[Picture]


def _refusing_as_pydantic_does(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a check whose refusals are found by pydantic, which takes a ValueError for one."""

    def checked(value: Any) -> Any:  # noqa: ANN401  # whatever a user gives
        try:
            return check(value)
        except InputError as error:
            raise ValueError(f"{error.message}. {error.hint}") from None

    return checked


class _Sampling:
    """How parameters are drawn. albumentations asks one method for them, albumentationsx another.

    albumentationsx refuses a transform that defines the method of albumentations itself; it may inherit it.
    """

    strength: tuple[float, float]
    water: str | tuple[str, str] | None

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw for a sample, for albumentations.

        Args:
            params: What is known of the sample; not used.
            data: The sample, its boxes normalised.

        Returns:
            ``strength``, ``water``, ``seed``, and the boxes as ``objects`` (see ``_objects``).
        """
        drawn = draw(self.strength, self.water, self.py_random.random)  # type: ignore[attr-defined]  # of its base
        return {**asdict(drawn), "objects": self._objects(data)}

    def sample_parameters(self, *, params: dict[str, Any], data: dict[str, Any], targets: Any, sampling: Any) -> Any:  # noqa: ANN401  # types of albumentationsx
        """Draw for a sample, for albumentationsx; the arguments are what it hands over."""
        drawn = draw(self.strength, self.water, sampling.py_random.random)
        sampling.applied_overrides.update({"strength": drawn.strength, "water": drawn.water})
        return albumentations.SampledParams(params={**asdict(drawn), "objects": self._objects(data)})

    def _objects(self, data: Mapping[str, Any]) -> list[list[float]] | None:
        """Return the boxes of a sample, in shares of width and height: x0, y0, x1, y1 and degrees; None if none.

        Raises:
            InputError: Boxes whose format nobody has told.
        """
        processor = self.get_processor("bboxes")  # type: ignore[attr-defined]  # of its base
        if processor is None:
            if data.get("bboxes") is not None and len(data["bboxes"]):
                raise InputError(
                    "Rain keeps labelled objects visible, and does not know the format of `bboxes`",
                    "Give `bbox_params` to albumentations.Compose, or leave `bboxes` out of the sample.",
                )
            return None
        turned = getattr(processor.params, "bbox_type", "hbb") == "obb"
        rows = [
            [*map(float, row[:4]), float(row[4]) if turned else 0.0]
            for name in processor.data_fields
            for row in (data[name] if data.get(name) is not None else ())
        ]
        return rows or None


class Rain(_Sampling, albumentations.ImageOnlyTransform):  # type: ignore[misc]  # albumentations has no types
    """Put a picture into rain; boxes, masks and key points stay as they are.

    The boxes of a sample stay visible: no puddles on them, few drops before them. All frames of ``images`` get the
    same rain. Settings alone are pickled, copied and saved; the weights are loaded at the first use in a process.

    Args:
        weights: ``rain``, which comes with tpsence, or the path of a checkpoint; None for rendered water alone.
        strength: Range that the scale of the change is drawn from, within 0 to 1.5, or a number.
        water: Range of ``none``, ``light``, ``moderate``, ``heavy`` from which how hard it rains is drawn, each level
            as likely; or one of these; or None for what the weights ask for.
        device: Where the generator runs, as ``cpu`` or ``cuda``.
        precision: What it computes in, as for ``tpsence.load``.
        width: Width in pixels that it runs at; 0 for each picture's own, None for what the weights were trained at.
        detail: How the change comes back to the picture's own size, as for ``tpsence.load``.
        p: Probability that a sample is put into rain.

    Targets:
        image, images, volume, volumes

    Image types:
        uint8, float32 in [0, 1]; three channels

    Raises:
        ValueError: A setting that cannot be.
        InputError: While transforming: a picture that cannot be translated, weights or a device that cannot be used.
    """

    class InitSchema(albumentations.ImageOnlyTransform.InitSchema):  # type: ignore[misc]  # albumentations has no types
        """What the settings may be."""

        weights: Annotated[str | None, BeforeValidator(_refusing_as_pydantic_does(checked_weights))]
        strength: Annotated[tuple[float, float], BeforeValidator(_refusing_as_pydantic_does(checked_strength))]
        water: Annotated[str | tuple[str, str] | None, BeforeValidator(_refusing_as_pydantic_does(checked_water))]
        device: Annotated[str, BeforeValidator(str)]
        precision: str
        width: int | None
        detail: str | None

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = "rain",
        strength: float | tuple[float, float] = (0.6, 1.2),
        water: str | tuple[str, str] | None = ("light", "heavy"),
        device: str = "cpu",
        precision: str = "auto",
        width: int | None = None,
        detail: str | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.weights = checked_weights(weights)
        self.strength = checked_strength(strength)
        self.water = checked_water(water)
        self.device = device
        self.precision = precision
        self.width = width
        self.detail = detail

    @property
    def targets(self) -> dict[str, Callable[..., Any]]:
        """What is done with each part of a sample; Compose also has to see that boxes are not given for nothing."""
        return {**super().targets, "bboxes": self.apply_to_bboxes}

    def apply(self, img: Picture, **params: Any) -> Picture:  # noqa: ANN401  # what was drawn
        """Put a picture into rain.

        Args:
            img: (H, W, 3), uint8 or float32 in [0, 1].
            params: What ``get_params_dependent_on_data`` returned.
        """
        rainy: Picture = self.apply_to_images(img[None], **params)[0]
        return rainy

    def apply_to_images(self, images: Pictures, **params: Any) -> Pictures:  # noqa: ANN401
        """Put pictures of one size into rain, all into the same: (N, H, W, 3), or a list from albumentationsx."""
        if not len(images):
            return images
        loading = Loading(self.weights, self.device, self.precision, self.width, self.detail)
        drawn = Drawn(params["strength"], params["water"], params["seed"])
        boxes = _in_pixels(params["objects"], *images[0].shape[:2])
        rainy: list[Picture] = loading.rain(list(images), drawn, boxes)
        return rainy if isinstance(images, list) else np.stack(rainy)

    def apply_to_bboxes(self, bboxes: Picture, **params: Any) -> Picture:  # noqa: ANN401
        """Leave boxes as they are."""
        return bboxes


def _in_pixels(objects: list[list[float]] | None, height: int, width: int) -> Boxes | None:
    """Return normalised boxes in pixels, (N, 4), of turned ones the upright box around them."""
    if objects is None:
        return None
    x0, y0, x1, y1, degrees = (np.array(objects) * [width, height, width, height, 1]).T
    cosine, sine = np.abs(np.cos(np.radians(degrees))), np.abs(np.sin(np.radians(degrees)))
    across, down = ((x1 - x0) * cosine + (y1 - y0) * sine) / 2, ((x1 - x0) * sine + (y1 - y0) * cosine) / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return np.stack([x - across, y - down, x + across, y + down], axis=1)
