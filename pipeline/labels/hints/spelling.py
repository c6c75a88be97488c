"""In which ways the name of a picture in labels and on the disk can differ and mean the same."""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import combinations, takewhile
from urllib.parse import unquote

from pipeline.files.names import without_extension
from pipeline.labels.locate import pictures_among

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://?")
_DRIVE = re.compile(r"[A-Za-z]:")
_PLAIN = re.compile(r"[A-Za-z0-9_./-]*")
"""Names that only the last forms touch: most are, and a folder may have very many."""
_UPLOAD = re.compile(r"(?<![^/])[0-9a-f]{8}-(?=[^/]+$)")
_QUERY = re.compile(r"(?i)(\.(?:jpe?g|png|webp|tiff?|bmp))[?#].*", re.DOTALL)


def is_absolute(name: object) -> bool:
    """Tell whether a name begins at a root or a drive, of this or another system."""
    return isinstance(name, str) and (name[:1] in {"/", "\\"} or _DRIVE.match(name) is not None)


def parts_of(name: str) -> list[str]:
    """Take a name apart that may be anything: a URL, a path of another system, one with ``..``.

    Returns:
        The parts that can be folders and the file, without scheme, drive, empty parts, ``.`` and ``..``.
    """
    rest = _DRIVE.sub("", _SCHEME.sub("", name, count=1) if _SCHEME.match(name) else name, count=1)
    return [part for part in re.split(r"[/\\]", rest) if part not in {"", ".", ".."}]


def common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the parts at the end of two paths that are the same."""
    ends = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))


def decoded(text: str) -> str:
    """Decode percent signs, also where a text was encoded twice."""
    for _ in range(3):
        text, before = unquote(text, errors="replace"), text
        if text == before:
            break
    return text


def _without_query(text: str) -> str:
    return _QUERY.sub(r"\1", text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _stem(text: str) -> str:
    return without_extension(text) if pictures_among([text]) else text


def _trimmed(text: str) -> str:
    return "/".join(part.strip() for part in text.split("/"))


def _spaced(text: str) -> str:
    return text.replace("+", " ")


def _joined(text: str) -> str:
    """Write the underscore that some tools put in the place of a space."""
    return text.replace(" ", "_")


def _without_upload(text: str) -> str:
    """Take away what Label Studio puts before the name of a file that is uploaded."""
    return _UPLOAD.sub("", text)


_FORMS: Sequence[tuple[Callable[[str], str], str]] = (
    (html.unescape, "is written as in HTML"),
    (_without_query, "what stands behind its extension is no part of it"),
    (decoded, "is percent-encoded"),
    (_trimmed, "has spaces at an end"),
    (_composed, "its letters are composed otherwise (Unicode NFC, NFD)"),
    (str.casefold, "upper and lower case differ"),
    (_spaced, "has + for a space"),
    (_joined, "has _ for a space"),
    (_without_upload, "begins with the eight letters that Label Studio puts there"),
    (_stem, "the extension differs"),
)
"""Makes names equal that differ in one way; in the order in which they are applied, and what to call the difference."""
_TWO_SIDED = frozenset({_without_query, _composed, str.casefold, _stem})
"""Of the others, one of the two names has what the words tell of."""


def key_of(name: str) -> str:
    """Return what is equal for all spellings of a name."""
    return _stem(_without_upload(name.lower())) if _PLAIN.fullmatch(name) else _apply(range(len(_FORMS)), name)


def difference(stated: str, there: str) -> list[str] | None:
    """Say in which ways two names differ, in as few as can be.

    Args:
        stated: The name in the labels.
        there: The name on the disk.

    Returns:
        Sentences without their ends, none for equal names, or None where they mean something else.
    """
    if key_of(stated) != key_of(there):
        return None
    for size in range(len(_FORMS) + 1):
        for chosen in combinations(range(len(_FORMS)), size):
            if _apply(chosen, stated) == _apply(chosen, there):
                return [_words(index, stated) for index in chosen]
    return None


def _apply(chosen: Sequence[int], name: str) -> str:
    """Put a name through some of the forms, twice, since one can bring out what another takes away."""
    for index in (*chosen, *chosen):
        name = _FORMS[index][0](name)
    return name


def _words(index: int, stated: str) -> str:
    """Say which difference it is, and whose."""
    form, words = _FORMS[index]
    if form in _TWO_SIDED:
        return words
    in_labels = (form(stated) != stated) != (form is _joined)  # which puts in what it tells of; the others take it out
    return f"{'the name in the labels' if in_labels else 'the name of the file'} {words}"
