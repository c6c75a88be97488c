"""Rain for the pictures of a FiftyOne dataset.

Example::

    import fiftyone as fo
    from tpsence.integrations.fiftyone import add_rain

    dataset = fo.load_dataset("street")
    add_rain(dataset, "street_in_rain", label_fields="ground_truth")
    rainy = dataset.match_tags("rain")
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.files.jail import absolute
from pipeline.labels.interface import LabelledObject
from pipeline.translate.files import boxes_of, translate_files
from tpsence import Event
from tpsence.errors import InputError

try:
    import fiftyone as fo
except ModuleNotFoundError as missing:
    if missing.name != "fiftyone":
        raise
    raise ImportError("tpsence.integrations.fiftyone needs fiftyone: pip install 'tpsence[fiftyone]'") from missing

RAIN_OF = "rain_of"
"""The field of a translated sample that has the id of its source."""


def add_rain(
    samples: "fo.Dataset | fo.DatasetView",
    out: str | os.PathLike[str],
    *,
    label_fields: str | Sequence[str] | None = None,
    tags: Sequence[str] = ("rain",),
    images: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = "rain",
    strength: float = 1.0,
    water: str | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,  # noqa: ANN401 (checked by the schema)
) -> list[str]:
    """Add a copy in rain of every picture to its dataset, with the same labels.

    The pictures are written as ``tpsence augment`` writes them: below ``out`` by the names that they have below
    ``images``, in their own format, each whole or not at all. A copy has all fields of its source as ``samples`` shows
    them, but for the metadata, which hold the size of the source's file; further the tags, and ``rain_of`` with the id
    of its source. Samples that are no pictures, and those that have ``rain_of``, are passed over. The same call again
    continues where it was stopped, and adds nothing twice.

    A picture that cannot be read gets no copy; a warning names it, and ``skipped.jsonl`` in ``out`` lists them all.

    Args:
        samples: A dataset, or a view of its samples; not of patches, frames or clips, and not of groups.
        out: Output folder, new or of the same call before, outside the folders of the pictures.
        label_fields: Fields whose detections and closed polylines stay visible; None takes all that there are.
        tags: Given to each copy, beside those of its source.
        images: Folder that names are relative to; None takes what the folders of the pictures have in common. The lot
            of each picture follows from its name and the seed.
        weights: ``rain``, which comes with tpsence, or the path of a generator; None is rendered water alone.
        strength: Scale of what the generator changes, 0 to 1.5.
        water: ``none``, ``light``, ``moderate`` or ``heavy``; None takes what the weights want (``rain``: moderate).
        seed: Chooses other places of puddles, streaks and drops.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        on_event: Called with each event of the job (``tpsence.Found``, ``Done``, ``Skip``, ``Finished``), to show how
            far it is.
        **settings: Further ones of ``tpsence.AugmentOptions``: ``width``, ``detail``, ``water_amounts``, ``horizon``,
            ``drops``, ``maps``, ``quality``, ``pairs``, ``pairs_target``, ``batch_size``, ``workers``,
            ``max_pixels``, ``overwrite``, ``strict``.

    Returns:
        The ids of the samples that were added.

    Raises:
        InputError: There are no samples of this kind or no such fields; a setting cannot be used, or there is not one
            of the pictures.
        TpsenceError: ``out`` holds something else, or cannot be written.
    """
    dataset = _dataset_of(samples)
    fields = [label_fields] if isinstance(label_fields, str) else label_fields
    _refuse_unknown(dataset, fields or ())
    made = {one for one, source in _column(dataset, RAIN_OF, "id") if source is not None}
    sources: dict[str, str] = {}
    objects: dict[str, list[LabelledObject]] = {}
    for sample in samples.iter_samples():
        if sample.media_type == "image" and sample.id not in made:
            sources[sample.id] = sample.filepath
            objects.setdefault(sample.filepath, []).extend(_objects(sample, fields))
    named = {"strength": strength, "water": water, "seed": seed, "device": device, "precision": precision}
    paths = translate_files(
        objects,
        absolute(Path(out)),  # as FiftyOne has all paths
        images=images,
        weights=weights,
        on_event=on_event,
        named=named,
        further=settings,
    )
    there = {(source, path) for path, source in _column(dataset, RAIN_OF, "filepath")}
    wanted = {one: paths[path] for one, path in sources.items() if path in paths}
    new = {one: path for one, path in wanted.items() if (one, path) not in there}
    return list(dataset.add_samples(_copies(samples, new, tags), num_samples=len(new))) if new else []


def _dataset_of(samples: Any) -> Any:  # noqa: ANN401 (FiftyOne has no types)
    """Return the dataset that samples belong to.

    Raises:
        InputError: They are neither all of a dataset nor a plain view of it, or it is one of groups.
    """
    if type(samples) not in {fo.Dataset, fo.DatasetView}:
        raise InputError(f"a {type(samples).__name__}: no samples of pictures", "Give a dataset, or a view of samples.")
    dataset = samples if isinstance(samples, fo.Dataset) else fo.load_dataset(samples.dataset_name)
    if dataset.media_type == "group":
        raise InputError(f"{dataset.name}: a dataset of groups", "Give a dataset of pictures.")
    return dataset


def _refuse_unknown(dataset: Any, fields: Sequence[str]) -> None:  # noqa: ANN401
    """Refuse fields that no sample has.

    Raises:
        InputError: There is one.
    """
    for name in fields:
        if not dataset.has_sample_field(name):
            there = ", ".join(dataset.get_field_schema())
            raise InputError(f"`label_fields` {name!r}: {dataset.name} has no such field", f"It has {there}.")


def _column(dataset: Any, field: str, beside: str) -> Iterator[tuple[str, str | None]]:  # noqa: ANN401
    """Return two fields of all samples, ``beside`` first; nothing where ``field`` is not there yet."""
    yield from zip(*dataset.values([beside, field]), strict=True) if dataset.has_sample_field(field) else ()


def _objects(sample: Any, fields: Sequence[str] | None) -> list[LabelledObject]:  # noqa: ANN401
    """Return the boxes of what is labelled in a sample, in shares of its picture."""
    found: list[tuple[str, Sequence[float]]] = []
    for name in sample.field_names if fields is None else fields:
        label = sample[name]
        if isinstance(label, fo.Detection | fo.Polyline):
            found += _boxes([label])
        elif isinstance(label, fo.Detections):
            found += _boxes(label.detections)
        elif isinstance(label, fo.Polylines):
            found += _boxes(label.polylines)
    return boxes_of(found, relative=True)


def _boxes(labels: Sequence[Any]) -> list[tuple[str, Sequence[float]]]:
    """Return class and box (x0, y0, x1, y1) of labels; an open polyline is a line and has none."""
    boxes: list[tuple[str, Sequence[float]]] = []
    for one in labels:
        if isinstance(one, fo.Detection):
            x, y, width, height = one.bounding_box
            boxes.append((one.label or "", (x, y, x + width, y + height)))
        elif points := [point for line in one.points for point in line] if one.closed or one.filled else []:
            columns, rows = zip(*points, strict=True)
            boxes.append((one.label or "", (min(columns), min(rows), max(columns), max(rows))))
    return boxes


def _copies(samples: Any, paths: Mapping[str, str], tags: Sequence[str]) -> Iterator[Any]:  # noqa: ANN401
    """Make copies of samples, for the pictures in rain.

    Args:
        samples: Where they are.
        paths: Of the picture in rain, by the id of its source.
        tags: What they get.
    """
    for sample in samples.select(list(paths)):
        made = sample.copy()
        made.filepath = paths[sample.id]
        made.metadata = None
        made[RAIN_OF] = sample.id
        made.tags = list(dict.fromkeys([*sample.tags, *tags]))
        yield made
