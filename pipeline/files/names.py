"""File names that come from somewhere else: they may not leave their folder.

A name from a label file is data of unknown origin. It is taken apart on both kinds of slash, so that a file
made on one system is refused on another for the same reasons.
"""

import os
import re
import unicodedata

from pipeline.errors import UnsafeNameError
from tpsence.errors import InputError

_DRIVE = re.compile(r"[A-Za-z]:")
_SUFFIX = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HINT = "Names in a label file must stay below the image folder; correct the name, or remove the entry."
_HINT_OWN = "Start anew in another folder."
MAX_NAME_BYTES = 255
"""The longest file name, in bytes, that common file systems take."""
MAX_PATH = 3000
"""The longest relative path, in characters, that is taken; with a root before it, systems stop at 4096 bytes."""


def safe_relative(name: object, where: str) -> str:
    """Return a name as a relative POSIX path, or refuse it.

    Args:
        name: The file name as it stands in the label file.
        where: The place it stands at, for the message.

    Returns:
        The path with forward slashes, without empty and ``.`` parts.

    Raises:
        UnsafeNameError: Not a text, empty, absolute, with a drive or server, with ``..`` or NUL, or not a
            name that this system can encode.
    """
    if not isinstance(name, str) or not name:
        raise UnsafeNameError(f"{where}: the file name is {name!r}, expected a text", _HINT)
    if "\0" in name:
        raise UnsafeNameError(f"{where}: the file name {name!r} contains NUL", _HINT)
    if name[0] in "/\\" or _DRIVE.match(name):
        raise UnsafeNameError(f"{where}: the file name {name!r} is absolute or names a drive", _HINT)
    raw_parts = re.split(r"[/\\]", name)
    parts = [part for part in raw_parts if part not in {"", "."}]
    if raw_parts[-1] in {"", "."}:
        raise UnsafeNameError(f"{where}: the file name {name!r} names a folder", _HINT)
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES for part in parts) or len(name) > MAX_PATH:
        raise UnsafeNameError(f"{where}: the file name {name[:60]!r}... is too long for a file system", _HINT)
    if ".." in parts:
        raise UnsafeNameError(f"{where}: the file name {name!r} leaves its folder with '..'", _HINT)
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise UnsafeNameError(f"{where}: the file name {name!r} is no valid text", _HINT) from None
    return "/".join(parts)


def own_name(name: object, where: str) -> str:
    r"""Return a name of a file below a folder as it stands in a record of the tool's own, or refuse it.

    The tool has written it as the file system has it, where ``\`` and ``:`` are characters like any other.

    Args:
        name: What stands there.
        where: The place it stands at, for the message.

    Raises:
        UnsafeNameError: Not a text, absolute, with an empty part, ``.``, ``..`` or NUL, or not a name that this system
            can encode.
    """
    parts = name.split("/") if isinstance(name, str) else []
    if not isinstance(name, str) or "\0" in name or not {"", ".", ".."}.isdisjoint(parts):
        raise UnsafeNameError(f"{where}: damaged ({name!r} is no name of a file below the folder)", _HINT_OWN)
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise UnsafeNameError(f"{where}: damaged (the name {name!r} is no valid text)", _HINT_OWN) from None
    return name


def add_suffix(name: str, suffix: str) -> str:
    """Put a suffix before the extension of a name: ``a/b.jpg`` and ``_rain`` make ``a/b_rain.jpg``.

    The rest of the text stays as it is, with its slashes of either kind.
    """
    cut = max(name.rfind("/"), name.rfind("\\")) + 1
    folder, base = name[:cut], name[cut:]
    dot = base.rfind(".")
    if dot <= 0:
        return folder + base + suffix
    return folder + base[:dot] + suffix + base[dot:]


def without_extension(name: str) -> str:
    """Drop the extension of a POSIX path."""
    return os.path.splitext(name)[0]  # noqa: PTH122 (quick, many names)


def check_suffix(suffix: str) -> None:
    """Refuse a suffix that could change the folder or the extension.

    Raises:
        InputError: The suffix holds other characters than letters, digits, ``_``, ``-`` and ``.``.
    """
    if suffix and not _SUFFIX.fullmatch(suffix):
        raise InputError(
            f"`suffix` {suffix!r}: only the letters A to Z, digits, '_', '-' and '.' can stand in a suffix",
            "For example `suffix` _rain",
        )


def same_file_key(path: str) -> str:
    """Return a key that is equal for two paths which some file system takes for the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", same_name_key(path)).casefold())


def same_name_key(path: str) -> str:
    """Return a key that is equal for two texts which are one path: escaped bytes that make a text become that text."""
    return os.fsdecode(os.fsencode(path))
