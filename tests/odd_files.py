"""What can be in the place of a file."""

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path


def _socket(place: Path) -> None:
    """Make a socket; its path may be longer than an address takes, so that it is made from its folder."""
    before = Path.cwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    finally:
        os.chdir(before)


ODD: Mapping[str, Callable[[Path], object]] = {
    "a named pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": _socket,
    "a device": lambda place: place.symlink_to("/dev/zero"),
}
"""What makes it, by what it is."""
