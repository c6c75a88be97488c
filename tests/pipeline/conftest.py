"""What the tests of the jobs share."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.labels.json_file import Json
from tests.conftest import WriteOtherwise

WriteInstead = Callable[[Callable[[Json], Json]], None]
"""Sets what JSON label files become from here on, given what was to be written."""


@pytest.fixture
def write_instead(write_otherwise: WriteOtherwise) -> WriteInstead:
    """Let a JSON label file be written wrongly, to see that the proof notices."""

    def instead(edit: Callable[[Json], Json]) -> None:
        def edited(path: Path, data: bytes) -> bytes:
            return json.dumps(edit(json.loads(data))).encode() if path.suffix == ".json" else data

        write_otherwise(edited)

    return instead
