"""Fetch published weights from the network: once, whole, and checked.

What arrives goes to ``<name>.part`` and is continued there after a break, also by a later command. The file gets its
name when its hash was found right, so that what bears the name is whole.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from pipeline.errors import DownloadError
from pipeline.files.locks import lock
from pipeline.files.text import one_line
from pipeline.segment.mmseg.transfer import ExpectedHash, Progress, Transfer, size_of
from tpsence.errors import first_line

CACHE_VARIABLE = "TPSENCE_CACHE"
"""The environment variable that names the folder for downloads."""

_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\Z")
_MD5_LINE = re.compile(rb"\s*([0-9a-fA-F]{32})(?![0-9a-zA-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsAddress:
    """Where published weights are, and how they are known to be whole."""

    url: str
    """Their address, ``http`` or ``https``."""
    md5_url: str | None = None
    """Address of a text file that begins with their MD5, for a file whose name has no hash."""

    @property
    def file_name(self) -> str:
        """The last part of the address.

        Raises:
            DownloadError: It is no name that a file can safely have.
        """
        try:
            name = unquote(urlsplit(self.url).path.rpartition("/")[2])
        except ValueError as error:
            raise DownloadError(f"{one_line(self.url)}: no address ({first_line(error)})") from error
        if name in {"", ".", ".."} or not name.isprintable() or re.search(r"[/\\:]", name):
            raise DownloadError(f"{one_line(self.url)}: ends in no name for a file ({name!r})")
        return name

    @property
    def sha256_prefix(self) -> str | None:
        """The digits that end the name, as in ``upernet-cad485de.pth``, or None."""
        found = _HASH_IN_NAME.search(Path(self.file_name).stem)
        return found[1] if found else None


def cache_folder() -> Path:
    """Return the folder for what is downloaded: the user's choice, else the system's place for caches."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 (pathlib fails where no such user is known)
    return platformdirs.user_cache_path("tpsence")


def weights_folder() -> Path:
    """Return the folder of fetched weights."""
    return cache_folder() / "weights"


def fetch(address: WeightsAddress, folder: Path, on_progress: Progress) -> Path:
    """Return the file with published weights; it is downloaded if it is not there.

    Of several processes one downloads and the others wait.

    Args:
        address: Where it is published.
        folder: Where it is kept; made if needed.
        on_progress: Told the bytes so far, of an earlier command too, and of how many, or None where the server does
            not say. The bytes begin at 0 again where a download has to start over.

    Raises:
        DownloadError: It cannot be fetched or kept, or what is there is damaged.
    """
    target = folder / address.file_name
    try:
        if _is_there(address, target):
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with lock(_beside(target, ".lock"), folder, wait=True):
            if not _is_there(address, target):
                _download(address, target, on_progress)
    except OSError as error:
        raise DownloadError(
            f"{error.filename or target}: cannot be read or written ({first_line(error)})",
            f"Make room, or name another folder with {CACHE_VARIABLE}, or give the file with `weights`.",
        ) from error
    return target


def _beside(target: Path, suffix: str) -> Path:
    """Return the name of a file that belongs to another."""
    return target.with_name(target.name + suffix)


def _is_there(address: WeightsAddress, target: Path) -> bool:
    """Tell whether the file is there, and refuse a damaged one."""
    if not target.exists():
        return False
    kept = _beside(target, ".md5")
    expected = _md5_in(kept, str(kept)) if address.md5_url and kept.exists() else _hash_in_name(address)
    if expected and (wrong := expected.mismatch(target)):
        raise DownloadError(f"{target}: damaged ({wrong})", "Delete it, and run the same command again.")
    return True


def _hash_in_name(address: WeightsAddress) -> ExpectedHash | None:
    """Return the hash that the name of the weights tells."""
    prefix = address.sha256_prefix
    return ExpectedHash("sha256", prefix) if prefix else None


def _md5_in(file: Path, where: str) -> ExpectedHash:
    """Read the hash that a text file begins with."""
    with file.open("rb") as stream:
        found = _MD5_LINE.match(stream.read(256))
    if not found:
        raise DownloadError(f"{where}: does not begin with an MD5", "Give the weights with `weights`.")
    return ExpectedHash("md5", found[1].decode().lower())


def _download(address: WeightsAddress, target: Path, on_progress: Progress) -> None:
    """Bring the weights to their place, and beside them the MD5 that they were checked with."""
    part, md5 = _beside(target, ".part"), _beside(target, ".md5.part")
    expected = _hash_in_name(address)
    if address.md5_url is not None:
        md5.unlink(missing_ok=True)
        Transfer(address.md5_url, md5, _hint(one_line(address.url), target), _ignore).run()
        expected = _md5_in(md5, one_line(address.md5_url))
    if expected is None:
        part.unlink(missing_ok=True)  # nothing could tell whether its continuation fits
    whole = expected is not None and size_of(part) > 0 and expected.mismatch(part) is None  # killed before the rename
    if not whole:
        Transfer(address.url, part, _hint("it", target), on_progress).run_checked(expected)
    if address.md5_url is not None:
        md5.replace(_beside(target, ".md5"))
    part.replace(target)


def _hint(what: str, target: Path) -> str:
    """Say how to do without this download."""
    return f"Download {what} on another machine and put it to {target}, or give the file with `weights`."


def _ignore(done: int, total: int | None) -> None:
    """Show no progress."""
