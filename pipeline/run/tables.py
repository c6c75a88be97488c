"""The hashes of single pictures that a stage has worked on, so that a changed one costs no more than itself.

They are kept beside ``run.json``, and are of use where they agree with what stands there; else all is made anew.
"""

import json
from collections.abc import Mapping, Set
from pathlib import Path

from pipeline.files.rooted import Rooted
from pipeline.files.whole import write_failures_explained
from pipeline.output.chain_folder import TABLES
from pipeline.run.enums import StageName
from pipeline.run.hashes import Table, combined, differing
from pipeline.run.record import StageRecord


def write_tables(out: Path, stage: StageName, tables: Mapping[str, Table]) -> None:
    """Keep the hashes of a stage's pictures.

    Args:
        out: The folder of the chain.
        stage: The stage.
        tables: By their key in its inputs.

    Raises:
        RunError: They cannot be written.
    """
    if tables:
        with write_failures_explained(out):
            Rooted(out).write(_name(stage), json.dumps(tables).encode())


def changed_pictures(
    out: Path, stage: StageName, record: StageRecord, tables: Mapping[str, Table], changed: Set[str]
) -> dict[str, set[str]] | None:
    """Return the pictures that have changed, where nothing else has.

    Args:
        out: The folder of the chain.
        stage: The stage.
        record: What is known of it.
        tables: The hashes of its pictures now, by their key in its inputs.
        changed: Keys of its inputs that have changed.

    Returns:
        Names by the key in its inputs, or None where all has to be made anew.
    """
    if not changed or not changed <= tables.keys():
        return None
    try:
        before = json.loads((out / _name(stage)).read_bytes())
        is_of_record = all(combined(before[key]) == record.inputs[key] for key in tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return {key: differing(before[key], tables[key]) for key in tables} if is_of_record else None


def _name(stage: StageName) -> str:
    """The file that the hashes are in, below the folder of the chain."""
    return f"{TABLES}/{stage.value}.json"
