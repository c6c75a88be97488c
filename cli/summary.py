"""The end of a run in words, on stderr."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from cli.console import count, labels_text, reasons, say
from pipeline.augment.dry_run import DryRun
from pipeline.augment.summary import Summary
from pipeline.images.skips import Skip, count_reasons

_SHOWN = 10


def print_summary(summary: Summary) -> None:
    """Say what a run did."""
    done = [f"{count(summary.translated, 'picture')} translated"]
    if summary.kept:
        done.append(f"{summary.kept:,} originals kept")
    if summary.reused:
        done.append(f"{summary.reused:,} there already")
    say(", ".join(done) + f" in {summary.seconds:.1f} s ({summary.images_per_s:.2f} images/s)", style="bold")
    if summary.complete and summary.translated + summary.reused == 0:
        say("no picture was translated", style="yellow")
    where = "skipped.jsonl" if summary.shard is None else f".tpsence/skipped-{summary.shard}.jsonl"
    print_skips(summary.skipped, where)
    if summary.labels:
        annotations = summary.labels["annotations"]
        contents = "" if annotations is None else f" with {count(annotations, 'annotation')}"
        files = count(summary.labels["files"], "label file")
        but = " but for the gate" if summary.gate and summary.gate["flagged"] else ""
        say(f"labels read back and equal to the source{but}: {files}{contents}, {summary.labels['how']}", style="green")
    elif summary.shard and summary.complete:
        say(f"shard {summary.shard} is done; when all are: tpsence augment --collect --out {summary.out}")
    elif not summary.complete:
        say("stopped; the labels are written when the same command, run again, has finished", style="yellow")
    if summary.gate:
        _print_gate(summary.gate)
    say(f"output: {summary.out}")


def _print_gate(gate: Mapping[str, Any]) -> None:
    """Say what the gate has found."""
    unsure = f"{gate['not_judged']:,} too small or too even to judge"
    if not gate["flagged"]:
        say(f"none of {gate['judged']:,} boxes has lost its object; {unsure}")
        return
    what = "not in the labels, which have no place for a mark" if gate["action"] == "listed" else gate["action"]
    found = f"{gate['flagged']:,} of {gate['judged']:,} boxes may have lost their object: {what}"
    say(f"{found} (listed in flagged.jsonl); {unsure}", style="yellow")


def print_skips(skipped: Mapping[str, int], where: str) -> None:
    """Say how many pictures were left out, if there are any.

    Args:
        skipped: Their number by reason.
        where: The file that lists them.
    """
    if skipped:
        number = count(sum(skipped.values()), "skip")
        say(f"{number}: {reasons(skipped)} (listed in {where})", style="yellow")


def print_dry_run(report: DryRun, skips: Sequence[Skip]) -> None:
    """Say what a run would do."""
    say(f"would write to {report.out} ({labels_text(report.format)}), nothing is written now:", style="bold")
    say(f"  {count(report.translate, 'picture')} to translate, {report.keep:,} to keep, {report.there:,} there already")
    print_headers(report.sizes, report.bytes_needed, report.bytes_free, skips)


def print_headers(sizes: Mapping[str, int], bytes_needed: int, bytes_free: int, skips: Sequence[Skip]) -> None:
    """Say what the headers of the pictures tell.

    Args:
        sizes: Number of pictures by size.
        bytes_needed: Estimated size of the output.
        bytes_free: Free space on the disk.
        skips: Pictures that would be left out.
    """
    first = [f"{number:,} of {size}" for size, number in list(sizes.items())[:_SHOWN]]
    more = len(sizes) - len(first)
    say("  sizes: " + (", ".join(first) or "none") + (f" and {more:,} other sizes" if more else ""))
    say(f"  disk: about {decimal(bytes_needed)} of {decimal(bytes_free)} free")
    say("  collisions: none")
    if skips:
        say(f"  {count(len(skips), 'bad file')}: {reasons(count_reasons(skips))}", style="yellow")
        for skip in skips[:_SHOWN]:
            say(f"    {skip.file}: {skip.reason.value}, {skip.detail}")
        if len(skips) > _SHOWN:
            say(f"    and {len(skips) - _SHOWN:,} more; --json counts them")
    if bytes_needed > bytes_free:
        say("  the disk is too small", style="bold red")
