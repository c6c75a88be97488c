"""Fingerprints: what tells whether a stage would find what it found before. Contents count, not times."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.device import available_cores
from tpsence.weights import file_sha256


def of_files(root: Path, names: Iterable[str]) -> str:
    """Return a hash of the names and contents of files; one that cannot be read counts as such.

    Args:
        root: The folder that the names are relative to.
        names: POSIX paths, in any order.

    Returns:
        SHA-256 in hexadecimal.
    """
    ordered = sorted(set(names))
    total = hashlib.sha256()
    with ThreadPoolExecutor(available_cores()) as pool:
        contents = pool.map(lambda name: of_file(root / name), ordered)
        for name, content in zip(ordered, contents, strict=True):
            total.update(json.dumps([name, content]).encode())
    return total.hexdigest()


def of_file(file: Path) -> str | None:
    """Return the SHA-256 of a file's content in hexadecimal, or None where it cannot be read."""
    try:
        return file_sha256(file)
    except OSError:
        return None


def of_values(values: Mapping[str, Any]) -> str:
    """Return a hash of what JSON takes; the order of keys does not count."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
