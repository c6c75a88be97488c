"""The report of a chain: that of its translated data set, with the stages."""

import math
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.augment.finished import finished_run
from pipeline.engine.command_line import lines_of
from pipeline.engine.events import Done, Found
from pipeline.files.whole import write_failures_explained, write_whole
from pipeline.output.chain_folder import ChainFolder, State
from pipeline.output.run_file import damage_explained
from pipeline.pages.words import short
from pipeline.report.augmented import chosen_workers, write_table
from pipeline.report.content import Content, ShownStage
from pipeline.report.content_tables import ShownCommand
from pipeline.report.gather.command import shown
from pipeline.report.gather.measured import measure
from pipeline.report.gather.whole import gather
from pipeline.report.page import render_small


def write_chain_report(out: Path, workers: int | None) -> Generator[Found | Done, None, Path]:
    """Write the report of a chain into its folder; see ``write_report``."""
    folder = ChainFolder(out)
    record = folder.read() or {}
    with damage_explained(out):
        stages = [_shown(name, one) for name, one in record.get("stages", {}).items() if name != "report"]
        settings = _training_settings(record)
        command = _command(record)
    run = finished_run(folder.augmented)
    measured = yield from measure(run, chosen_workers(workers))
    counted = write_table(out, run, measured)
    content = _placed((yield from gather(run, measured, counted, stages, out.absolute().name)), folder.augmented.name)
    page = render_small(replace(content, settings=[*settings, *content.settings], command=command))
    with write_failures_explained(out):
        write_whole(folder.report, page.encode())
    return folder.report


def _training_settings(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the settings of the training, by preset and key."""
    sections = record.get("training settings", {})
    settings = [(f"{section}.{key}", str(value)) for section, one in sections.items() for key, value in one.items()]
    return [("preset", str(record.get("settings", {}).get("preset"))), *settings]


def _placed(content: Content, folder: str) -> Content:
    """Return the content for a page that stands beside the folder of the run and not in it."""
    evaluation = content.evaluation
    return replace(
        content,
        gallery=[replace(one, file=f"{folder}/{one.file}") for one in content.gallery],
        worst=[replace(one, file=f"{folder}/{one.file}") for one in content.worst],
        evaluation=None if evaluation is None else replace(evaluation, file=f"{folder}/{evaluation.file}"),
    )


def _command(record: Mapping[str, Any]) -> ShownCommand | None:
    """Return the command that made the chain, or None where an earlier version has not written it down."""
    words, elsewhere = record.get("command line"), record.get("not on the command line", [])
    if not isinstance(words, list) or not words:
        return None
    note = f"And in a YAML file: {', '.join(map(str, elsewhere))}." if elsewhere else ""
    return shown(lines_of([str(word) for word in words]), short(note))


def _shown(name: str, record: Mapping[str, Any]) -> ShownStage:
    """Describe a stage."""
    if record["state"] == State.NOT_NEEDED.value:  # it may have been, with other settings
        return ShownStage(name=name, state=State.NOT_NEEDED.value, seconds=None, about="")
    about = _about(name, record.get("summary", {}))
    seconds = float(record.get("seconds", 0.0))
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds} seconds")
    return ShownStage(name=name, state=str(record["state"]), seconds=seconds, about=about)


def _about(name: str, summary: Mapping[str, Any]) -> str:
    """Say what a stage did, in a few words."""
    if name == "segment" and summary:
        pictures = sum(folder["pictures"] for folder in summary["folders"])
        return f"{pictures:,} label maps by {summary.get('model', 'ground truth')}"
    if name == "train" and summary:
        losses = ", ".join(f"{key} {value:.3f}" for key, value in summary.get("losses", {}).items() if value)
        return f"{summary['last_step']:,} steps; last losses: {losses}"
    if name == "augment" and summary:
        return f"{summary['pictures']:,} pictures, {sum(summary.get('skipped', {}).values()):,} left out"
    return ""
