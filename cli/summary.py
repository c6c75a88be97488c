"""The end of a job in words, on stderr."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.filesize import decimal

from cli.choice import print_choice
from cli.console import labels_text, reasons, say
from cli.flags import with_flags
from pipeline.augment.limit import MANY, flagged_share
from pipeline.augment.variant_words import variants_words
from pipeline.augment.water_choice import rain_words
from pipeline.engine.events import Finished
from pipeline.files.programs import not_run
from pipeline.files.text import count, one_line, some
from pipeline.images.skips import Skip, count_reasons
from pipeline.output.layout import CSV_FILE, EVALUATION_FILE

_SHOWN, _EXAMPLES = 10, 3
"""Files that are named in a dry run, and at the end of a run that lists them in a file."""


def print_finished(finished: Finished) -> None:
    """Say what a job did, or with a dry run what it would do."""
    if finished.dry and (programs := finished.summary.get("not_run")):
        say(not_run(programs), style="yellow")
    words = (_DRY if finished.dry else _DONE).get(finished.command)
    if words is not None:
        words(finished)


def _augmented(finished: Finished) -> None:
    """Say what ``augment`` did."""
    summary = finished.summary
    done = [f"{count(summary['translated'], 'picture')} translated"]
    if summary["kept"]:
        done.append(f"{summary['kept']:,} originals kept")
    if summary["reused"]:
        done.append(f"{summary['reused']:,} there already")
    say(f"{', '.join(done)} in {summary['seconds']:.1f} s ({summary['images_per_s']:.2f} images/s)", style="bold")
    if summary["complete"] and summary["translated"] + summary["reused"] == 0:
        say("no picture was translated", style="yellow")
    if summary["choice"] and summary["choice"]["classes"]:  # else it was said at the start
        print_choice(summary["choice"])
    shard = summary["shard"]
    _print_skips(summary["skipped"], "skipped.jsonl" if shard is None else f".tpsence/skipped-{shard}.jsonl")
    _print_first(finished.about["skips"], _EXAMPLES)
    if summary["labels"]:
        _print_proof(summary["labels"], summary["gate"])
    elif shard and summary["complete"]:
        say(f"shard {shard} is done; when all are: tpsence augment --collect --out {summary['out']}")
    elif not summary["complete"]:
        say("stopped; the labels are written when the same command, run again, has finished", style="yellow")
    if summary["variants"] and summary["complete"] and shard is None:
        say("what was drawn for each picture: variants.csv")
    if summary["water"]:
        _print_water(summary["water"])
    if summary["gate"]:
        _print_gate(summary["gate"])
    if summary["faults"]:
        _print_faults(summary["faults"])
    _print_share(finished)
    say(f"output: {summary['out']}")


def _print_proof(labels: Mapping[str, Any], gate: Mapping[str, Any] | None) -> None:
    """Say what was found equal when the labels were read back."""
    annotations = labels["annotations"]
    contents = f" with {count(annotations, 'annotation')}"
    but = " but for the gate" if gate and gate["flagged"] else ""
    files = count(labels["files"], "label file")
    say(f"labels read back and equal to the source{but}: {files}{contents}, {labels['how']}", style="green")
    source = labels["source"]
    parts = [(source["left_out"], "of pictures that are left out"), (source["dropped"], "dropped")]
    parts.append((source["ownerless"], "of no picture"))
    told = [f"{number:,} {what}" for number, what in parts if number]
    if told:
        own = count(source["annotations"] - source["repeated"], "annotation")
        copies = f", with those of its copies {source['annotations']:,}" if source["repeated"] else ""
        say(f"the source has {own}{copies}: {', '.join(told)}")
    _print_left_behind(source["left_behind"])


def _print_left_behind(names: Sequence[str]) -> None:
    """Name what lies beside the labels and is not carried."""
    if names:
        say(f"not carried: {count(len(names), 'file')} beside the labels: {some(names)}", style="yellow")


def _print_water(water: Mapping[str, Any]) -> None:
    """Say how hard it rains, and in which pictures otherwise than in most."""
    said = f"water: {one_line(rain_words(water))}, on {count(water['pictures'], 'picture')}"
    if water["by_night"]:
        said += f", {water['by_night']:,} by night"
    say(said)
    if water["without_ground"]:
        verb = "shows" if water["without_ground"] == 1 else "show"
        number = count(water["without_ground"], "picture")
        say(f"{number} {verb} no ground that could get wet (label maps: {one_line(water['maps'])})", style="yellow")


def _print_gate(gate: Mapping[str, Any]) -> None:
    """Say what the gate has found."""
    unsure = f"{gate['not_judged']:,} too small or too even to judge"
    if not gate["flagged"]:
        say(f"none of {gate['judged']:,} boxes has lost its object; {unsure}")
        return
    what = "not in the labels, which have no place for a mark" if gate["action"] == "listed" else gate["action"]
    found = f"{gate['flagged']:,} of {gate['judged']:,} boxes may have lost their object: {what}"
    lost = ", ".join(f"{number:,} {loss}" for loss, number in gate["by_loss"].items() if number)
    say(f"{found} (listed in flagged.jsonl; lost: {lost}); {unsure}", style="yellow")


def _print_faults(faults: Mapping[str, Any]) -> None:
    """Name the pictures with which something is wrong, by what it is."""
    for fault, number in faults["by_fault"].items():
        if number:
            first = faults["first"][fault]
            names = one_line(", ".join(first)) + (f" and {number - len(first):,} more" if number > len(first) else "")
            verb = "picture is" if number == 1 else "pictures are"
            say(f"{number:,} {verb} {fault} (listed in flagged.jsonl): {names}", style="yellow")


def _print_share(finished: Finished) -> None:
    """Warn where much is flagged."""
    share = flagged_share(finished.summary)
    if finished.over_limit:
        say(f"{share:.1%} flagged, more than --max-flagged takes: exit code 4", style="bold red")
    elif share > MANY:
        say(f"{share:.1%} flagged: look at the pictures before you train on them", style="bold yellow")


def _previewed(finished: Finished) -> None:
    """Say what ``preview`` made, and where it is."""
    summary = finished.summary
    if finished.stopped:
        say("stopped; nothing was written", style="yellow")
        return
    shown = f"{count(len(summary['pictures']), 'picture')} under {count(len(summary['columns']), 'setting')}"
    say(f"{shown} in {summary['seconds']:.1f} s", style="bold")
    if finished.about["skips"]:
        _print_bad_files(finished.about["skips"])
    say(f"page: {summary['page']}")
    say(f"sheet: {summary['sheet']}")


def _segmented(finished: Finished) -> None:
    """Say what ``segment`` did."""
    summary, folders = finished.summary, finished.summary["folders"]
    made, reused = (sum(folder[key] for folder in folders) for key in ("made", "reused"))
    done = [f"{count(made, 'map')} made"]
    if reused:
        done.append(f"{reused:,} there already")
    say(f"{', '.join(done)} in {summary['seconds']:.1f} s ({summary['images_per_s']:.2f} images/s)", style="bold")
    for folder in folders:
        _print_skips(folder["skipped"], f"{folder['out']}/skipped.jsonl")
    if finished.skips:
        say("tpsence train wants a map for every picture: mend or remove these before")
    if not summary["complete"]:
        say("stopped; the same command, run again, continues", style="yellow")
    say("output: " + ", ".join(folder["out"] for folder in folders))


def _trained(finished: Finished) -> None:
    """Say what ``train`` did."""
    summary, first = finished.summary, finished.about["first_step"]
    step, last_step = summary["step"], summary["last_step"]
    taken = timedelta(seconds=round(summary["seconds"]))
    if not finished.about["talks"]:
        return
    if step == first == last_step:
        say(f"nothing to do: all {last_step:,} steps were done before", style="bold green")
    elif summary["complete"]:
        say(f"done: {count(step - first, 'step')} in {taken}", style="bold green")
    elif finished.time_over:
        say(
            f"the time is over: {step:,} of {last_step:,} steps are done; the same command with --resume continues",
            style="yellow",
        )
    else:
        say(f"stopped after step {step:,} of {last_step:,}; --resume continues", style="yellow")
    say(f"generator: {finished.about['generator']}")
    say(f"use it with tpsence augment --weights {summary['out']}")


def _ran(finished: Finished) -> None:
    """Say how a chain has ended."""
    summary = finished.summary
    if finished.stopped:
        say("stopped; the same command, run again, continues", style="yellow")
        return
    if not summary["ran"]:
        say(
            f"nothing to do: all {finished.about['stages']} stages are done and nothing has changed", style="bold green"
        )
    say(f"data set: {finished.about['augmented']}")
    say(f"generator: {finished.about['training']}")
    if "report" not in summary["ran"]:  # else it has just been said
        say(f"report: {summary['report']}")


def _reported(finished: Finished) -> None:
    """Say where a report is."""
    say(f"report: {finished.summary['report']}")


def _evaluated(finished: Finished) -> None:
    """Say where the figures are."""
    summary = finished.summary
    if finished.stopped:
        say("stopped; nothing was written", style="yellow")
        return
    said = f"{count(summary['pictures'], 'picture')} compared in {summary['seconds']:.1f} s"
    say(f"{said} ({summary['images_per_s']:.2f} images/s while comparing)", style="bold")
    skips = finished.about["skips"]
    if skips:
        _print_bad_files(skips)
    say(f"output: {summary['out']}/{EVALUATION_FILE} and {CSV_FILE}")


def _exported(finished: Finished) -> None:
    """Say which files were written."""
    summary = finished.summary
    for file, size in summary["files"].items():
        say(f"{file}: {decimal(size)}")
    say(f"{count(len(summary['files']), 'file')} written in {summary['seconds']:.1f} s", style="bold")
    if summary["terms"]:
        say(summary["terms"])


def _would_augment(finished: Finished) -> None:
    """Say what ``augment`` would do."""
    summary = finished.summary
    say(f"would write to {summary['out']} ({labels_text(summary['format'])}), nothing is written now:", style="bold")
    there = f"{summary['keep']:,} to keep, {summary['there']:,} there already"
    say(f"  {count(summary['translate'], 'picture')} to translate, {there}")
    print_choice(summary["choice"], "  ")
    if summary["variants"]:
        say(f"  {variants_words(summary['variants'])}")
    for note in finished.about["notes"]:
        say(f"  {with_flags(note)}", style="yellow")
    maps = f", label maps: {one_line(summary['maps'])}" if summary["maps"] else ""
    say(f"  water: {one_line(summary['water'])}{maps}")
    source = summary["source"]
    if source["files"]:
        beside = f", {count(len(source['class_lists']), 'file')} beside them" if source["class_lists"] else ""
        own = count(source["annotations"] - source["repeated"], "annotation")
        say(f"  labels: {own} in {count(source['files'], 'file')}{beside}")
        for note in source["notes"]:
            say(f"  {one_line(note)}", style="yellow")
        _print_left_behind(source["left_behind"])
    _print_headers(finished)
    if summary["thorough"]:
        say("  every picture was decoded")
    else:
        say("  headers alone were read, no picture decoded: --thorough decodes each")


def _would_segment(finished: Finished) -> None:
    """Say what ``segment`` would do."""
    summary = finished.summary
    say(f"would make {count(summary['to_make'], 'map')}, {summary['there']:,} there already; nothing is written now:")
    if summary["weights"]:
        where = "there" if summary["weights_there"] else f"to be fetched from {summary['address']}"
        say(f"  weights: {summary['weights']}, {where}")
    _print_headers(finished)
    say("  headers alone were read, no picture decoded")


def _would_run(finished: Finished) -> None:
    """Say what ``run`` would do."""
    for stage in finished.summary["stages"]:
        what = "would run" if stage["runs"] else "nothing to do"
        say(f"  {stage['stage']}: {what} ({stage['reason']})")


def _print_skips(skipped: Mapping[str, int], where: str) -> None:
    """Say how many pictures were left out, if there are any.

    Args:
        skipped: Their number by reason.
        where: The file that lists them.
    """
    if skipped:
        number = count(sum(skipped.values()), "skip")
        say(f"{number}: {reasons(skipped)} (listed in {where})", style="yellow")


def _print_headers(finished: Finished) -> None:
    """Say what the headers of the pictures tell."""
    summary = finished.summary
    sizes, needed, free = summary["sizes"], summary["bytes_needed"], summary["bytes_free"]
    first = [f"{number:,} of {size}" for size, number in list(sizes.items())[:_SHOWN]]
    more = len(sizes) - len(first)
    say("  sizes: " + (", ".join(first) or "none") + (f" and {more:,} other sizes" if more else ""))
    say(f"  disk: about {decimal(needed)} of {decimal(free)} free")
    say("  collisions: none")
    skips: Sequence[Skip] = finished.about["skips"]
    if skips:
        _print_bad_files(skips)
    if needed > free:
        say("  the disk is too small", style="bold red")


def _print_bad_files(skips: Sequence[Skip]) -> None:
    """Name the first files that cannot be read."""
    say(f"  {count(len(skips), 'bad file')}: {reasons(count_reasons(skips))}", style="yellow")
    _print_first(skips, _SHOWN)
    if len(skips) > _SHOWN:
        say(f"    and {len(skips) - _SHOWN:,} more; --json counts them")


def _print_first(skips: Sequence[Skip], most: int) -> None:
    """Name the first files that were left out, and why."""
    for skip in skips[:most]:
        say(f"    {one_line(skip.file)}: {skip.reason.value}, {one_line(skip.detail)}")


_DONE: Mapping[str, Callable[[Finished], None]] = {
    "augment": _augmented,
    "preview": _previewed,
    "segment": _segmented,
    "train": _trained,
    "run": _ran,
    "evaluate": _evaluated,
    "report": _reported,
    "export": _exported,
}
_DRY: Mapping[str, Callable[[Finished], None]] = {
    "augment": _would_augment,
    "segment": _would_segment,
    "run": _would_run,
}
