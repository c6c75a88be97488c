"""What a run has to tell about its water, in numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.augment.drawing import Drawing
from pipeline.augment.noted import NOTED, all_noted
from pipeline.augment.options import AugmentOptions
from pipeline.effects.water_options import GROUND, NIGHT, RAIN_RATES, WaterLevel
from pipeline.engine.tasks import Task, translated
from pipeline.images.skips import Skip
from pipeline.output.folder import OutputFolder
from pipeline.weights.packaged import ROAD_LITE


def water_summary(
    drawing: Drawing, options: AugmentOptions, tasks: Sequence[Task], skips: Sequence[Skip], folder: OutputFolder
) -> dict[str, Any] | None:
    """Count what was noted of the pictures that are in the output.

    Args:
        drawing: What is drawn for each picture.
        options: Of the run, with what the weights say.
        tasks: The pictures of the run or of a shard.
        skips: What was left out.
        folder: The output folder.

    Returns:
        What ``run.json`` and ``--json`` have of it, or None without water.
    """
    if not drawing.is_wet:
        return None
    done = [task for task in translated(tasks, {skip.file for skip in skips}) if folder.has(task.output)]
    levels = Counter(drawing.of(task).level for task in done)
    there = [task.name for task in done if drawing.of(task).level is not WaterLevel.NONE]
    known = all_noted(folder.journals(NOTED))
    noted = [known[name] for name in there if name in known]
    return {
        "level": drawing.water_text(),
        "rain_rate": RAIN_RATES[drawing.levels[0]] if len(drawing.levels) == 1 else None,
        **({"levels": {level.value: levels[level] for level in drawing.levels}} if len(drawing.levels) > 1 else {}),
        "amounts": options.amounts().model_dump(),
        "pictures": len(there),
        "without_ground": sum(not one.get(GROUND, True) for one in noted),
        "by_night": sum(one.get(NIGHT, False) for one in noted),
        "maps": options.maps.name if options.maps else ROAD_LITE.name,
    }
