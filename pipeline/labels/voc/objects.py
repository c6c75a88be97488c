"""The objects of a VOC annotation: read, marked, left out.

A mark is written as annotation tools write what VOC does not foresee: ``attributes`` with a ``name`` and a ``value``
for each. The text of the file is changed at that place alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from pipeline.labels.interface import KEPT, NO_CLASS, VANISHED, LabelledObject
from pipeline.labels.values import corners

_BEGIN = re.compile(rb"<object[\s>]")
_END = re.compile(rb"</object\s*>")
_END_OF_ATTRIBUTES = re.compile(rb"</attributes\s*>")
_EMPTY_ATTRIBUTES = re.compile(rb"<attributes\s*/>")
_END_OF_OBJECT = b"</object"


def parse(content: bytes) -> Element:
    """Parse an annotation; entities and external references are refused.

    Raises:
        ParseError: It is no XML.
        DefusedXmlException: It wants something else to be read.
    """
    root: Element = fromstring(content, forbid_dtd=False)
    return root


class _Span(NamedTuple):
    """Where an object stands in the text."""

    start: int
    """Its first byte, with the white space before it."""
    tag: int
    """The first byte of its tag."""
    end: int
    """Behind its last byte."""


def _spans(content: bytes) -> Iterator[_Span]:
    """Find the objects in the text in one walk, whatever is in it.

    One expression for a whole object would look again and again for the end of what has none.
    """
    behind = 0
    while begin := _BEGIN.search(content, behind):
        inside = content.find(b">", begin.start())  # attributes have no > here
        end = _END.search(content, inside) if inside >= 0 else None
        if end is None:
            return
        white = begin.start() - behind - len(content[behind : begin.start()].rstrip())
        yield _Span(begin.start() - white, begin.start(), end.end())
        behind = end.end()


def objects_of(root: Element) -> list[LabelledObject]:
    """Read the objects of an annotation."""
    return [_object(element) for element in root.findall("object")]


def objects_in(content: bytes) -> list[LabelledObject]:
    """Read the objects of an annotation's text, with their lines where they can be told apart in it."""
    objects = objects_of(parse(content))
    starts = [span.tag for span in _spans(content)]
    if len(starts) != len(objects):
        return objects
    line, before, found = 1, 0, []
    for one, start in zip(objects, starts, strict=True):
        line += content.count(b"\n", before, start)
        before = start
        found.append(replace(one, line=line))
    return found


def can_be_marked(content: bytes) -> bool:
    """Tell whether the objects can be told apart in the text: not in a comment, not in another encoding.

    Each of them is marked and dropped on trial.
    """
    count = len(parse(content).findall("object"))
    if sum(1 for _ in _spans(content)) != count:
        return False
    every = dict.fromkeys(range(count), 0.5)
    trials = [(drop, with_marks(content, every, drop=drop)) for drop in (False, True)]
    return all(is_marked_copy(parse(content), copy, every, drop=drop) for drop, copy in trials)


def with_marks(content: bytes, shares: Mapping[int, float], *, drop: bool) -> bytes:
    """Mark or leave out some objects.

    Args:
        content: Of the file.
        shares: By the place of the object: the share of its structure that is left, 0 to 1.
        drop: Leave them out.
    """
    if not shares:
        return content
    parts, behind = [], 0
    for place, span in enumerate(_spans(content)):
        if place in shares:
            text = content[span.start : span.end]
            parts += [content[behind : span.start], b"" if drop else _marked(text, shares[place])]
            behind = span.end
    return b"".join([*parts, content[behind:]])


def is_marked_copy(before: Element, copy: bytes, shares: Mapping[int, float], *, drop: bool) -> bool:
    """Tell whether a copy is its source and the marks, or without the dropped objects, and nothing else.

    Args:
        before: The source as it is to be without marks; it is taken apart.
        copy: Of the copy.
        shares: As for ``with_marks``.
        drop: Likewise.
    """
    try:
        after = parse(copy)
    except (ParseError, ValueError):
        return False
    if not _undo_marks(before, after, shares, drop=drop):
        return False
    # Where an object is left out, its indentation goes with it.
    cut = str.strip if shares else str
    one, other = (
        [(e.tag, e.attrib, cut(e.text or ""), cut(e.tail or "")) for e in root.iter()] for root in (before, after)
    )
    return one == other


def _undo_marks(before: Element, after: Element, shares: Mapping[int, float], *, drop: bool) -> bool:
    """Take the marks out of a parsed copy again, or the dropped objects out of its source, so that both compare.

    Returns:
        Whether exactly the marks were there.
    """
    if drop:
        objects = before.findall("object")
        dropped = {id(objects[place]) for place in shares if place < len(objects)}
        before[:] = [element for element in before if id(element) not in dropped]
        return True
    sources, copies = before.findall("object"), after.findall("object")
    return len(sources) == len(copies) and all(
        _take_mark(copies[place], share, has_attributes=sources[place].find("attributes") is not None)
        for place, share in shares.items()
    )


def _object(element: Element) -> LabelledObject:
    """Read one object."""
    name = (element.findtext("name") or "").strip() or NO_CLASS
    try:
        ends = [float(element.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")]
    except ValueError:
        return LabelledObject(name, None)
    return LabelledObject(name, corners(*ends))


def _marked(text: bytes, share: float) -> bytes:
    """Put the mark at the end of an object's attributes, which are made where there are none."""
    pairs = ((VANISHED, "true"), (KEPT, repr(share)))
    mark = "".join(f"<attribute><name>{name}</name><value>{value}</value></attribute>" for name, value in pairs)
    empty = _EMPTY_ATTRIBUTES.search(text)
    if empty:
        return text[: empty.start()] + f"<attributes>{mark}</attributes>".encode() + text[empty.end() :]
    ends = list(_END_OF_ATTRIBUTES.finditer(text))
    if ends:
        return text[: ends[-1].start()] + mark.encode() + text[ends[-1].start() :]
    head, _, tail = text.rpartition(_END_OF_OBJECT)
    return head + f"<attributes>{mark}</attributes>".encode() + _END_OF_OBJECT + tail


def _take_mark(element: Element, share: float, *, has_attributes: bool) -> bool:
    """Remove the mark from an object and tell whether it was there.

    Args:
        element: The object.
        share: Of the mark.
        has_attributes: The object has attributes without the mark, perhaps empty ones.
    """
    holder = element.find("attributes")
    if holder is None or len(holder) < 2:
        return False
    vanished, kept = holder[-2:]
    found = [(one.findtext("name"), one.findtext("value")) for one in (vanished, kept)]
    holder.remove(vanished)
    holder.remove(kept)
    if not has_attributes:
        element.remove(holder)
    return found == [(VANISHED, "true"), (KEPT, repr(share))]
