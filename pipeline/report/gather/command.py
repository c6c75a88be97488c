"""The command that made a run, from what its ``run.json`` records."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.augment.finished import FinishedRun
from pipeline.augment.options import DEFAULT_WIDTH, AugmentOptions
from pipeline.augment.water_choice import resolved, target_of
from pipeline.augment.weights_choice import as_given
from pipeline.effects.detail import Detail, usual_detail
from pipeline.engine.command_line import command_line, lines_of
from pipeline.engine.resources import Precision
from pipeline.report.content_tables import ShownCommand
from pipeline.weights.packaged import RAIN
from tpsence.architectures import from_metadata

_AUTO = {("cpu", Precision.FP32.value), ("cuda", Precision.BF16.value)}
"""Devices and what ``auto`` most often comes to there: it need not be said."""
MOST_LINE = 20_000
"""A longer line is not shown, in characters: nobody has typed it."""


def command_of(run: FinishedRun) -> ShownCommand | None:
    """Return the command of ``tpsence augment``; what was chosen by itself then is said, so that it is so again.

    Raises:
        KeyError: A setting is missing in ``run.json``.
        ValueError: One is damaged.
    """
    settings, summary = run.record["settings"], run.record["summary"]
    options = run.options.model_copy(update=_given(run))
    shards = settings.get("shards")
    if not isinstance(shards, int) or shards < 2:
        return shown(_lines(options), "")
    first = options.model_copy(update={"shard": f"1/{shards}"})
    collect = AugmentOptions(out=Path(str(summary["out"])), collect=True)
    note = f"The first command once for each part, 1/{shards} to {shards}/{shards}."
    return shown([*_lines(first), *_lines(collect)], note)


def shown(lines: Sequence[str], note: str) -> ShownCommand | None:
    """Return what a page shows of a command, or None where it is too long to be of use."""
    if sum(map(len, lines)) > MOST_LINE:
        return None
    return ShownCommand(lines=lines, note=note)


def _lines(options: AugmentOptions) -> list[str]:
    """Write a command of augment."""
    return lines_of(command_line("tpsence augment", options).words)


def _given(run: FinishedRun) -> dict[str, Any]:
    """Return the options that are not recorded as they were given."""
    settings, summary, generators = run.record["settings"], run.record["summary"], run.generators
    given: dict[str, Any] = {"out": Path(str(summary["out"]))}
    for name in ("labels", "images"):
        if name in settings:
            given[name] = Path(str(settings[name]))
    if "labels" in settings:
        given["format"] = str(settings["format"])
    if len(generators) > 1:
        shares = [one.share for one in run.plan.drawing.weights]
        given["weights"] = as_given([(str(one["name"]), share) for one, share in zip(generators, shares, strict=True)])
    elif settings.get("weights_sha256") != RAIN.sha256 and generators:
        given["weights"] = str(generators[0]["path"])
    wanted = resolved(AugmentOptions(water_only=run.options.water_only), [one.get("water") for one in generators])
    if run.options.water == wanted.water:
        given["water"] = None
    if run.options.pairs and run.options.pairs_target is target_of(run.plan.drawing.levels, None):
        given["pairs_target"] = None
    if {run.options.detail} == ({*map(_usual_detail, generators)} or {usual_detail(None)}):
        given["detail"] = None
    widths = {one.get("width") or DEFAULT_WIDTH for one in generators}
    if settings["width"] is not None and {settings["width"]} != widths:
        given["width"] = settings["width"]
    if (str(summary.get("device", "cpu")).partition(":")[0], settings["precision"]) not in _AUTO:
        given["precision"] = settings["precision"]
    return given


def _usual_detail(weights: Mapping[str, Any]) -> Detail:
    """Return how the change of a generator comes back where nobody said."""
    return usual_detail(from_metadata(weights), light_only=weights.get("light_only") is True)
