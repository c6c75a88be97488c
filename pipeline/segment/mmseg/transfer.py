"""One file over HTTP: continued after a break, given up when nothing more arrives."""

import hashlib
import os
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib import request
from urllib.error import HTTPError, URLError

from pipeline.errors import DownloadError
from pipeline.files.text import one_line
from tpsence import __version__
from tpsence.errors import first_line

CHUNK = 1 << 20
"""Bytes in memory at a time."""
TIMEOUT = 30.0
"""Seconds that a server may stay silent."""
RETRIES = 4
"""How often a connection is made again when nothing more arrives."""
PAUSE = 0.5
"""Seconds before a connection is made again; they double each time that nothing arrived."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_BROKEN = (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)

Progress = Callable[[int, int | None], None]
"""Takes the bytes so far, and their total or None where the server does not say."""


@dataclass(frozen=True, slots=True)
class ExpectedHash:
    """What a file's hash has to begin with."""

    algorithm: str
    digits: str

    def mismatch(self, file: Path) -> str | None:
        """Return what is wrong with a file, or None."""
        digest = hashlib.new(self.algorithm, usedforsecurity=False)
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        found = digest.hexdigest()[: len(self.digits)]
        return None if found == self.digits else f"{self.algorithm} {found} instead of {self.digits}"


def size_of(file: Path) -> int:
    """Return the size of a file, 0 for none."""
    return file.stat().st_size if file.exists() else 0


class _BrokenError(Exception):
    """A connection that may hold when it is made again; says why it broke."""


class Transfer:
    """One address on its way to a file.

    Args:
        url: The address.
        part: The file; what is in it already is continued.
        hint: What to do where this fails.
        on_progress: As for ``fetch``.
    """

    def __init__(self, url: str, part: Path, hint: str, on_progress: Progress) -> None:
        self._url = url
        self._shown = one_line(url)
        self._part = part
        self._hint = hint
        self._on_progress = on_progress
        self._total: int | None = None
        self._reached = 0  # the most bytes that there were
        self._answered = False  # the server is known to be reachable
        self._continued = False  # the file is made of more than one answer
        self._refused_range = False

    def run_checked(self, expected: ExpectedHash | None) -> None:
        """Transfer the file until its hash is right; the parts of a continued one may be of two versions."""
        wrong = None
        for _ in range(2):
            self.run()
            wrong = expected.mismatch(self._part) if expected else None
            if wrong is None:
                return
            self._part.unlink()
            if not self._continued:
                break
        raise DownloadError(
            f"{self._shown}: the download has {wrong}",
            "The network may have answered with a page of its own: try again, or give the file with `weights`.",
        )

    def run(self) -> None:
        """Transfer the file, however many connections it takes while more arrives."""
        self._reached = 0
        failures = 0
        while True:
            before = self._reached
            try:
                return self._attempt()
            except _BrokenError as error:
                failures = 0 if self._reached > before else failures + 1
                if failures > RETRIES:
                    raise self._given_up(str(error)) from error
            time.sleep(PAUSE * 2**failures)

    def _attempt(self) -> None:
        """Transfer what is missing with one connection."""
        with self._opened(size_of(self._part)) as response:
            done = self._start(response)
            with self._part.open("ab" if done else "wb") as stream:
                self._on_progress(done, self._total)
                while data := _read(response):
                    stream.write(data)
                    done += len(data)
                    self._reached = max(self._reached, done)
                    self._on_progress(done, self._total)
                stream.flush()
                os.fsync(stream.fileno())
        if self._total is not None and done < self._total:
            raise _BrokenError("the connection ended early")

    def _opened(self, offset: int) -> HTTPResponse:
        """Ask for the file from a byte on."""
        headers = {"User-Agent": f"tpsence/{__version__}"} | ({"Range": f"bytes={offset}-"} if offset else {})
        try:
            asked = request.Request(self._url, headers=headers)  # noqa: S310 (the opener knows no other scheme)
            response: HTTPResponse = _opener().open(asked, timeout=TIMEOUT)
        except HTTPError as error:
            error.close()
            if error.code == 416 and offset:
                raise self._start_over(_reason(error)) from error
            if error.code >= 500:
                raise _BrokenError(_reason(error)) from error
            raise self._failed(_reason(error)) from error
        except (OSError, HTTPException, ValueError) as error:
            if self._answered or _may_pass(error):
                raise _BrokenError(_reason(error)) from error
            raise self._failed(_reason(error)) from error
        self._answered = True
        return response

    def _start(self, response: HTTPResponse) -> int:
        """Return the byte that an answer begins at; it is the first one where a server cannot continue."""
        if response.status != 206:
            self._total, self._continued = response.length, False
            return 0
        offset = size_of(self._part)
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != offset:
            raise self._start_over("the server sent another part of the file than was asked for")
        self._continued = offset > 0
        if found[2] != "*":
            self._total = int(found[2])
        else:
            self._total = None if response.length is None else offset + response.length
        return offset

    def _start_over(self, reason: str) -> Exception:
        """Drop what has arrived, for the next attempt; the second time, give up."""
        if self._refused_range:
            return self._failed(reason)
        self._refused_range = True
        self._part.unlink(missing_ok=True)
        self._reached = 0
        return _BrokenError(reason)

    def _failed(self, reason: str) -> DownloadError:
        """The error for what a second try would not mend."""
        return DownloadError(f"{self._shown}: cannot be downloaded ({reason})", self._hint)

    def _given_up(self, reason: str) -> DownloadError:
        """The error for a connection that breaks again and again."""
        arrived = size_of(self._part)
        if not arrived:
            return self._failed(reason)
        of = "" if self._total is None else f" of {self._total}"
        return DownloadError(
            f"{self._shown}: the download broke off after {arrived}{of} bytes ({reason})",
            f"Run the same command again to continue. {self._hint}",
        )


def _opener() -> request.OpenerDirector:
    """Return what opens addresses and follows redirects: over HTTP alone, never a file or FTP."""
    proxies = {scheme: proxy for scheme, proxy in request.getproxies().items() if scheme in {"http", "https"}}
    opener = request.OpenerDirector()
    opener.add_handler(request.ProxyHandler(proxies))
    opener.add_handler(request.UnknownHandler())
    opener.add_handler(request.HTTPHandler())
    opener.add_handler(request.HTTPSHandler())
    opener.add_handler(request.HTTPDefaultErrorHandler())
    opener.add_handler(request.HTTPRedirectHandler())
    opener.add_handler(request.HTTPErrorProcessor())
    return opener


def _read(response: HTTPResponse) -> bytes:
    """Read what has arrived, at most a chunk; nothing at the end."""
    try:
        return response.read1(CHUNK)
    except (OSError, HTTPException) as error:
        raise _BrokenError(_reason(error)) from error


def _may_pass(error: Exception) -> bool:
    """Tell whether the same request may be answered a moment later."""
    cause = error.reason if isinstance(error, URLError) else error
    return isinstance(cause, (*_BROKEN, BadStatusLine, IncompleteRead))


def _reason(error: Exception) -> str:
    """Return in a few words what a connection failed of."""
    if isinstance(error, HTTPError):
        text = f"{error.code} {error.reason}".splitlines()[0]
    elif isinstance(error, IncompleteRead):
        text = "the connection ended early"
    elif isinstance(error, URLError):
        text = first_line(error.reason) if isinstance(error.reason, Exception) else str(error.reason)
    else:
        text = first_line(error)
    return one_line(text)
