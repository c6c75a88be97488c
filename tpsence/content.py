"""Files of weights, and the content of such files, which is sent to machines that do not see the file."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tpsence.digest import file_sha256
from tpsence.regular import open_regular, read_regular


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a file holds. As a text it is the path of the file, so that messages name that."""

    path: Path
    """Where it was read."""
    data: NDArray[np.uint8]
    """Its bytes; pickled with protocol 5 and buffers apart, they are not copied."""

    def __str__(self) -> str:
        """Return the path."""
        return str(self.path)


WeightsFile = Path | Content
"""What weights are read from."""


def read_content(path: Path) -> Content:
    """Read a regular file, or what a link to one means.

    Raises:
        OSError: It cannot be read, or is something else; ``strerror`` says what.
    """
    return Content(path, np.frombuffer(read_regular(path), dtype=np.uint8))


def opened(file: WeightsFile) -> BinaryIO:
    """Open a file for reading, or its content.

    Raises:
        OSError: It cannot be opened, or is no regular file; ``strerror`` says what.
    """
    return io.BytesIO(file.data.data) if isinstance(file, Content) else open_regular(file)


def size_of(file: WeightsFile) -> int:
    """Return how many bytes there are.

    Raises:
        OSError: The file is not there.
    """
    return file.data.nbytes if isinstance(file, Content) else file.stat().st_size


def sha256_of(file: WeightsFile) -> str:
    """Return the SHA-256 in hexadecimal.

    Raises:
        OSError: The file cannot be read, or is no regular file.
    """
    return hashlib.sha256(file.data.data).hexdigest() if isinstance(file, Content) else file_sha256(file)
