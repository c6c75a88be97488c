"""What reading a file of weights may cost, told by its records before any of it is read.

An honest file holds each tensor once, as it is, and little beside: the limits here are far above what the largest
networks need. A file beyond them was made to fill a reader's memory.
"""

import pickletools
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import BinaryIO

from torch import Tensor

from tpsence.content import WeightsFile, opened, size_of
from tpsence.errors import WeightsError

MOST_TENSORS = 10_000
"""Tensors in a file; the largest checkpoints have some thousand."""
MOST_OPERATIONS = 300_000
"""Operations of a pickle; it takes about forty for a tensor. Each may make an object, of a byte or two in the file."""
_MOST_HEADER = 8 << 20
"""Bytes that a ``.safetensors`` may have for the names of its tensors and its metadata."""
_SHARED = 2
"""How often a file may use its bytes: a few networks use tensors in two places."""
_ZIP = b"PK\x03\x04"
_LEGACY_PICKLES = 5
"""What stands before the tensors in files of torch before 1.6: magic number, version, system, content, keys."""
_BY_A_NUMBER = ("Tensor", "bytearray")
"""Ends of names that take a number and make so much memory of it; no state dict needs them."""
_SLOW_CODECS = frozenset({"idna", "punycode"})
"""Take time by the square of a text; files have ``latin1``."""
_HINT = "No honest file of weights is like this. Get it from its author, or save only the network's state_dict()."


def refuse_costly_pickle(file: WeightsFile) -> None:
    """Refuse a file of ``torch.save`` that would take far more memory or time than its size.

    Args:
        file: The file, with or without its zip archive.

    Raises:
        WeightsError: Records are compressed or lie upon each other, or the pickle makes too many objects.
        Exception: Damaged bytes raise nearly any type.
    """
    with opened(file) as stream:
        if stream.read(len(_ZIP)) != _ZIP:
            stream.seek(0)
            _refuse_many_operations(stream, file, _LEGACY_PICKLES)
            return
    with opened(file) as stream, zipfile.ZipFile(stream) as archive:
        records = archive.infolist()
        _refuse_odd_records(records, file)
        for record in records:
            if record.filename.endswith("data.pkl"):
                with archive.open(record) as pickled:
                    _refuse_many_operations(pickled, file, 1)  # type: ignore[arg-type]  # it reads like a file


def refuse_costly_safetensors(file: WeightsFile) -> None:
    """Refuse a ``.safetensors`` whose header is far larger than names need.

    Raises:
        WeightsError: It is.
    """
    with opened(file) as stream:
        length = int.from_bytes(stream.read(8), "little")
    if _MOST_HEADER < length <= size_of(file):  # one beyond the file is truncated or damaged
        raise WeightsError(f"{file}: a header of {length:,} bytes, at most {_MOST_HEADER:,} are taken", _HINT)


def refuse_many_tensors(number: int, file: WeightsFile) -> None:
    """Refuse a number of tensors that no network has.

    Raises:
        WeightsError: It is over ``MOST_TENSORS``.
    """
    if number > MOST_TENSORS:
        raise WeightsError(f"{file}: {number:,} tensors, at most {MOST_TENSORS:,} are taken", _HINT)


def refuse_more_than_file(tensors: Iterable[Tensor], file: WeightsFile) -> None:
    """Refuse tensors that claim many more bytes than their file has: all of them may be the same bytes of it.

    Args:
        tensors: Of any shapes; no value of them is read.
        file: Where they come from.

    Raises:
        WeightsError: They do.
    """
    claimed, size = sum(value.numel() * value.element_size() for value in tensors), size_of(file)
    if claimed > _SHARED * size:
        raise WeightsError(f"{file}: its tensors claim {claimed:,} bytes, the file has {size:,}", _HINT)


def _refuse_odd_records(records: list[zipfile.ZipInfo], file: WeightsFile) -> None:
    """Refuse what ``torch.save`` never writes: records that are compressed, or that share their bytes."""
    refuse_many_tensors(len(records), file)
    packed = [one for one in records if one.compress_type != zipfile.ZIP_STORED or one.compress_size != one.file_size]
    if packed:
        text = f"{packed[0].filename!r} is compressed: {packed[0].compress_size:,} bytes for {packed[0].file_size:,}"
        raise WeightsError(f"{file}: {text}", _HINT)
    for one, after in pairwise(sorted(records, key=lambda record: record.header_offset)):
        if one.header_offset + one.file_size > after.header_offset:
            raise WeightsError(f"{file}: {one.filename!r} and {after.filename!r} share their bytes", _HINT)


def _refuse_many_operations(stream: BinaryIO, file: WeightsFile, pickles: int) -> None:
    """Refuse pickles that make too many objects, or memory out of a number. Nothing of them is executed."""
    for number, (name, argument) in enumerate(_operations(stream, pickles)):
        if number > MOST_OPERATIONS:
            raise WeightsError(f"{file}: its pickle makes too many objects", _HINT)
        if name == "GLOBAL" and isinstance(argument, str) and argument.endswith(_BY_A_NUMBER):
            raise WeightsError(f"{file}: its pickle asks for memory ({argument.replace(' ', '.')})", _HINT)
        if isinstance(argument, str) and argument.lower() in _SLOW_CODECS:
            raise WeightsError(f"{file}: its pickle asks for an encoding ({argument.lower()})", _HINT)


def _operations(stream: BinaryIO, pickles: int) -> Iterator[tuple[str, object]]:
    """Yield the operations of pickles that follow each other, each with its argument, as far as they are whole."""
    with suppress(ValueError):  # what is no pickle has no operations, and torch will say so
        for _ in range(pickles):
            for operation, argument, _ in pickletools.genops(stream):
                yield operation.name, argument
