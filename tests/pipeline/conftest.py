"""What the tests of the jobs share."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.labels.json_file import Json

WriteInstead = Callable[[Callable[[Json], Json]], None]
"""Sets what JSON label files become from here on, given what was to be written."""


@pytest.fixture
def write_instead(monkeypatch: pytest.MonkeyPatch) -> WriteInstead:
    """Let a JSON label file be written wrongly, to see that the proof notices."""

    def instead(edit: Callable[[Json], Json]) -> None:
        def write(path: Path, data: bytes, **_: object) -> None:
            path.write_text(json.dumps(edit(json.loads(data))))

        monkeypatch.setattr("pipeline.labels.json_file.write_whole", write)

    return instead
