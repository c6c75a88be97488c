"""Fingerprints: what tells whether a stage would find what it found before. Contents count, not times."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.engine.cores import available_cores
from tpsence.digest import file_sha256

Table = Mapping[str, str | None]
"""SHA-256 of files by their names, None for one that cannot be read."""


def each(root: Path, names: Iterable[str]) -> Table:
    """Return the hash of each file's content.

    Args:
        root: The folder that the names are relative to.
        names: POSIX paths, in any order.
    """
    ordered = sorted(set(names))
    with ThreadPoolExecutor(available_cores()) as pool:
        return dict(zip(ordered, pool.map(lambda name: of_file(root / name), ordered), strict=True))


def combined(table: Table) -> str:
    """Return one hash of the names and contents of files, SHA-256 in hexadecimal."""
    total = hashlib.sha256()
    for name in sorted(table):
        total.update(json.dumps([name, table[name]]).encode())
    return total.hexdigest()


def of_files(root: Path, names: Iterable[str]) -> str:
    """Return one hash of the names and contents of files; see ``each`` and ``combined``."""
    return combined(each(root, names))


def differing(one: Table, other: Table) -> set[str]:
    """Return the names that only one of two tables has, or that have other contents."""
    return {name for name in {**one, **other} if name not in one or name not in other or one[name] != other[name]}


def of_file(file: Path) -> str | None:
    """Return the SHA-256 of a file's content in hexadecimal, or None where it cannot be read."""
    try:
        return file_sha256(file)
    except OSError:
        return None
