"""Which classes a network tells apart, and in which colours they are shown."""

from collections.abc import Mapping
from typing import Any

from pipeline.classes.palettes import Colour
from pipeline.segment.mmseg.weights_file import SegmentationWeights, as_class_names, as_palette


def choose_classes(
    weights: SegmentationWeights, dataset: Mapping[str, Any], count: int
) -> tuple[tuple[str, ...], tuple[Colour, ...]]:
    """Return names and colours of classes: the weights', else the data set's, else made up.

    Args:
        weights: What the file of weights says.
        dataset: The data set in the network's configuration.
        count: How many classes the network has.
    """
    known = _metainfo(dataset)
    sources = (
        (weights.classes, weights.palette),
        (as_class_names(known.get("classes")), as_palette(known.get("palette"))),
    )
    usable = [(names, palette) for names, palette in sources if names is not None and len(names) == count]
    if not usable:
        return tuple(f"class {number}" for number in range(count)), distinct_palette(count)
    names = usable[0][0]
    palettes = [palette for others, palette in usable if others == names and palette and len(palette) == count]
    return names, palettes[0] if palettes else distinct_palette(count)


def distinct_palette(count: int) -> tuple[Colour, ...]:
    """Return colours that differ, in the order of PASCAL VOC.

    Args:
        count: How many, at most 256.
    """
    return tuple((_channel(number), _channel(number >> 1), _channel(number >> 2)) for number in range(count))


def _channel(number: int) -> int:
    """Return 0 to 255 from every third bit of a number, the lowest counting most."""
    return sum((number >> 3 * place & 1) << 7 - place for place in range(3))


def _metainfo(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Return what mmsegmentation knows of a data set, changed by what its configuration says."""
    import mmseg.datasets  # noqa: F401 (registers them)
    from mmseg.registry import DATASETS

    kind = dataset.get("type")
    known = DATASETS.get(kind) if isinstance(kind, str) else kind
    own = dataset.get("metainfo")
    return {**getattr(known, "METAINFO", {}), **(own if isinstance(own, Mapping) else {})}
