"""Files of JSON lines that several threads and processes add to."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def add_line(file: Path, content: Mapping[str, object]) -> None:
    """Add a line to a file, in one write, so that those of several threads do not mix.

    Args:
        file: Made if it is not there; its folder is.
        content: What the line says.

    Raises:
        OSError: It cannot be written.
    """
    # The line end before it closes a line that a kill has cut off.
    line = b"\n" + json.dumps(content).encode() + b"\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
