"""Rain for a ``DetectionDataset`` of supervision.

Example::

    import supervision as sv
    from tpsence.integrations.supervision import rain

    clear = sv.DetectionDataset.from_coco("images", "coco.json")
    rainy = rain(clear, "rainy_images")
    both = sv.DetectionDataset.merge([clear, rainy])
"""

import os
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from pipeline.labels.interface import LabelledObject
from pipeline.translate.files import boxes_of, translate_files
from tpsence import Event
from tpsence.errors import InputError

try:
    import supervision as sv
except ModuleNotFoundError as missing:
    if missing.name != "supervision":
        raise
    raise ImportError(
        "tpsence.integrations.supervision needs supervision: pip install 'tpsence[supervision]'"
    ) from missing


def rain(
    dataset: sv.DetectionDataset,
    out: str | os.PathLike[str],
    *,
    images: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = "rain",
    strength: float = 1.0,
    water: str | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,  # noqa: ANN401 (checked by the schema)
) -> sv.DetectionDataset:
    """Write the pictures of a data set in rain, and return the same data set of them.

    The pictures are written as ``tpsence augment`` writes them: below ``out`` by the names that they have below
    ``images``, in their own format, each whole or not at all. The boxes stay visible. The same call again continues
    where it was stopped, and does nothing where all is there.

    A picture that cannot be read is left out of what comes back; a warning names it, and ``skipped.jsonl`` in ``out``
    lists them all.

    Args:
        dataset: Its pictures are files; what is in it does not change.
        out: Output folder, new or of the same call before, outside the folders of the pictures.
        images: Folder that names are relative to; None takes what the folders of the pictures have in common. The lot
            of each picture follows from its name and the seed, so that a part of a data set is rained on like the
            whole where this folder is given.
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
        The same classes, and copies of the detections, under the paths of the pictures below ``out``.

    Raises:
        InputError: The data set is none, or holds its pictures in memory; a setting cannot be used, or there is not one
            of the pictures.
        TpsenceError: ``out`` holds something else, or cannot be written.
    """
    if not isinstance(dataset, sv.DetectionDataset):
        raise InputError(f"a {type(dataset).__name__}: no DetectionDataset", "Load one, for example by `from_coco`.")
    if getattr(dataset, "_images_in_memory", None):  # there is no public way to tell
        raise InputError(
            "the data set holds its pictures in memory, not in files",
            "Write them by `dataset.as_coco(images_directory_path=..., annotations_path=...)`, and load these files.",
        )
    named = {"strength": strength, "water": water, "seed": seed, "device": device, "precision": precision}
    paths = translate_files(
        {path: _objects(found, dataset.classes) for path, found in dataset.annotations.items()},
        out,
        images=images,
        weights=weights,
        on_event=on_event,
        named=named,
        further=settings,
    )
    kept = [path for path in dataset.image_paths if path in paths]
    return sv.DetectionDataset(
        classes=list(dataset.classes),
        images=[paths[path] for path in kept],
        annotations={paths[path]: deepcopy(dataset.annotations[path]) for path in kept},
    )


def _objects(found: sv.Detections, classes: Sequence[str]) -> list[LabelledObject]:
    """Return the boxes of a picture, with the names of their classes where they have any."""
    ids = [None] * len(found) if found.class_id is None else found.class_id.tolist()
    names = ["" if one is None else str(classes[one]) for one in ids]
    return boxes_of(list(zip(names, found.xyxy.tolist(), strict=True)))
