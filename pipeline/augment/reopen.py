"""The plan of a run that is over, made again from what its ``run.json`` records."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.augment.drawing import drawing_again
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan, make_plan
from pipeline.errors import OutputError
from pipeline.labels.memory import IN_MEMORY
from pipeline.labels.registry import format_names, open_labels
from pipeline.output.run_file import damage_explained

_HINT_IN_MEMORY = "Give what tpsence augment has made of label files."


def plan_again(record: Mapping[str, Any], out: Path) -> tuple[Plan, AugmentOptions]:
    """Make the plan of a run again.

    Args:
        record: The content of its ``run.json``.
        out: Its folder.

    Raises:
        InputError: The labels or the pictures are not there any more, or the settings are damaged.
        OutputError: The labels have changed since, or were in memory.
    """
    settings = record["settings"]
    with damage_explained(out):
        if settings["format"] == IN_MEMORY:
            raise OutputError(f"{out}: made of a data set in memory, which is not here any more", _HINT_IN_MEMORY)
        source = Path(settings["labels"]) if "labels" in settings else None
        label_format = settings["format"] if source else None
        if source and label_format not in format_names():
            raise ValueError(f"{label_format!r} is no label format")
        images = Path(settings["images"]) if "images" in settings else None
        labels = open_labels(source, images, label_format, follow_links=settings.get("follow_links") is True)
    changed = [key for key, value in labels.identity().items() if settings.get(key) != value]
    if changed:
        raise OutputError(f"{out}: {changed[0]} has changed since the run", "Start anew in another folder.")
    with damage_explained(out):
        options = AugmentOptions.from_settings(settings)
        plan = make_plan(labels, options, out)
        return replace(plan, drawing=drawing_again(options, record)), options
