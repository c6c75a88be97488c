"""Label files that go out byte for byte, and lists of pictures of which only lines are left out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import LabelError, ProofError
from pipeline.files.text import one_line
from pipeline.files.whole import write_whole
from tpsence.regular import open_regular, read_regular

Edit = Callable[[bytes], bytes]
"""Makes the content of an output file from that of its source."""


def unchanged(content: bytes) -> bytes:
    """Copy byte for byte."""
    return content


def read_bytes(path: Path) -> bytes:
    """Read a label file.

    Raises:
        LabelError: The file cannot be read, or is no regular file.
    """
    try:
        return read_regular(path)
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        hint = "Check the path after `labels`." if is_missing else "Put a file there that can be read, or take it away."
        raise LabelError(one_line(f"{path}: {error.strerror}"), hint) from error


def require_readable(path: Path) -> None:
    """Find out before the run whether a file can be read that is read at its end alone.

    Raises:
        LabelError: The file cannot be read, or is no regular file.
    """
    try:
        open_regular(path).close()
    except OSError as error:
        raise LabelError(
            one_line(f"{path}: {error.strerror}"), "Put a file there that can be read, or take it away."
        ) from error


def copy_file(source: Path, target: Path, edit: Edit = unchanged) -> None:
    """Write a copy of a label file, whole or not at all, and read it back.

    Args:
        source: The file to copy.
        target: The file to write; its folder is made.
        edit: The only change.

    Raises:
        ProofError: What was written is not what was meant.
    """
    expected = edit(read_bytes(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, expected, sync=False)
    # With no edit this compares with the source as it is now, not with what was held in memory.
    if target.read_bytes() != (read_bytes(source) if edit is unchanged else expected):
        raise ProofError(f"{target}: differs from {source} when read back", "Please report this as a bug.")


def filter_lines(content: bytes, changes: Mapping[bytes, Sequence[bytes]], key: Callable[[bytes], bytes]) -> bytes:
    """Leave out, change or repeat the lines of a list that name certain pictures.

    Args:
        content: The list, one picture a line.
        changes: The names that take the place of a name, a line for each; with none, the line is left out. Other lines
            stay.
        key: Reads the name from a line.

    Returns:
        The list with every other byte as it was.
    """
    lines = []
    for line in content.splitlines(keepends=True):
        name = key(line)
        copies = [line.replace(name, new, 1) if new != name else line for new in changes.get(name, (name,))]
        if len(copies) > 1 and not line.endswith((b"\n", b"\r")):  # the last line, without an end of its own
            copies = [(b"\r\n" if b"\r\n" in content else b"\n").join(copies)]
        lines += copies
    return b"".join(lines)


def prove_lines(
    source: bytes, written: bytes, copies_of: Callable[[bytes], Sequence[bytes] | None], target: Path
) -> None:
    """Check a list that was written, in another way than it was made: line by line, without its ends of lines.

    Args:
        source: The list in the source.
        written: The list in the output.
        copies_of: Returns the lines that a line is to become, or None where it stays.
        target: The file, for messages.

    Raises:
        ProofError: A line is missing, is another, or should not be there.
    """
    left = iter(written.splitlines())
    for line in source.splitlines():
        copies = copies_of(line)
        for expected in (line,) if copies is None else copies:
            if next(left, None) != expected:
                raise ProofError(f"{target}: the lines of {expected!r} differ", "Please report this as a bug.")
    if next(left, None) is not None:
        raise ProofError(f"{target}: has more lines than its source lets expect", "Please report this as a bug.")
