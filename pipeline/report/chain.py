"""The report of a chain: that of its translated data set, with the stages."""

import json
import math
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.engine.events import Done, Found
from pipeline.files.whole import write_failures_explained, write_whole
from pipeline.output.chain_folder import COMMAND as CHAIN
from pipeline.output.chain_folder import ChainFolder, State
from pipeline.output.run_file import RUN_FILE, damage_explained
from pipeline.report.augmented import chosen_workers
from pipeline.report.content import ShownStage
from pipeline.report.gather import finished_run, gather, measure
from pipeline.report.page import render_small


def write_chain_report(out: Path, workers: int | None) -> Generator[Found | Done, None, Path]:
    """Write the report of a chain into its folder; see ``write_report``."""
    folder = ChainFolder(out)
    record = folder.read() or {}
    with damage_explained(out):
        stages = [_shown(name, one) for name, one in record.get("stages", {}).items() if name != "report"]
        settings = _training_settings(record)
    run = finished_run(folder.augmented)
    measured = yield from measure(run, chosen_workers(workers))
    content = gather(run, measured, stages, title=out.absolute().name)
    page = render_small(replace(content, settings=[*settings, *content.settings]))
    with write_failures_explained(out):
        write_whole(folder.report, page.encode())
    return folder.report


def is_chain(out: Path) -> bool:
    """Tell whether a folder is that of a chain."""
    try:
        content = json.loads((out / RUN_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("command") == CHAIN


def _training_settings(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the settings of the training, by preset and key."""
    sections = record.get("training settings", {})
    settings = [(f"{section}.{key}", str(value)) for section, one in sections.items() for key, value in one.items()]
    return [("preset", str(record.get("settings", {}).get("preset"))), *settings]


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
