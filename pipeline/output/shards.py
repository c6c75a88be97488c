"""The parts of a run that several machines or GPUs share, and what each leaves for the command that joins them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import OutputError
from pipeline.images.skips import Skip
from pipeline.output.layout import Layout
from pipeline.output.records import parsed, skips_in
from tpsence.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One part of a run that is split over several machines or GPUs."""

    index: int = 1
    """Which part it is, 1 to ``count``."""
    count: int = 1
    """Number of parts."""

    def __post_init__(self) -> None:
        """Check the range."""
        if not 1 <= self.index <= self.count:
            raise InputError(f"`shard` {self.index}/{self.count}: no such part", "Give i/n with 1 <= i <= n.")

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read ``i/n``.

        Raises:
            InputError: Not two numbers, or i not in 1..n.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if not found:
            raise InputError(f"`shard` {text!r}: not of the form i/n", "For example `shard` 1/4.")
        return cls(index=int(found.group(1)), count=int(found.group(2)))

    @property
    def name(self) -> str:
        """A name for files: ``2-of-4``."""
        return f"{self.index}-of-{self.count}"

    @property
    def tag(self) -> str:
        """What the names of its files in the output folder have: ``-2-of-4``, nothing where there are no shards."""
        return "" if self.count == 1 else f"-{self.name}"


def write_shard_result(layout: Layout, skips: Iterable[Skip], summary: Mapping[str, Any], *, complete: bool) -> None:
    """Write the list of skips of a shard and, where it has finished, its summary.

    Args:
        layout: Of the shard's output folder.
        skips: What it has left out.
        summary: What it has done, as JSON takes it.
        complete: It has finished.

    Raises:
        OSError: They cannot be written.
    """
    layout.write(layout.skipped_of(layout.tag), (json.dumps(skip.as_dict()) for skip in skips))
    if complete:
        layout.write(layout.done, [json.dumps(summary)])


def read_shard_results(layout: Layout, count: int) -> tuple[list[Skip], list[dict[str, Any]]]:
    """Return the skips and the summaries of all shards, in their order.

    Args:
        layout: Of the output folder.
        count: Number of shards.

    Raises:
        OutputError: A shard has not finished, or a file is damaged.
    """
    shards = [Shard(index=index, count=count) for index in range(1, count + 1)]
    missing = [shard.name for shard in shards if not layout.done_of(shard.tag).exists()]
    if missing:
        raise OutputError(
            f"{layout.path}: {len(missing)} of {count} shards have not finished: {', '.join(missing[:8])}",
            "Run tpsence augment --shard i/n for these first.",
        )
    skips = [skip for shard in shards for skip in skips_in(layout.skipped_of(shard.tag))]
    done = [layout.done_of(shard.tag) for shard in shards]
    return skips, [parsed(file.read_text(), file) for file in done]
