"""The objects of a VOC annotation: read, marked, left out.

A mark is written as annotation tools write what VOC does not foresee: ``attributes`` with a ``name`` and a ``value``
for each. The text of the file is changed at that place alone.
"""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from pipeline.labels.interface import LabelledObject, corners

_OBJECT = re.compile(rb"\s*<object(?:\s[^>]*)?>.*?</object\s*>", re.DOTALL)
_END_OF_ATTRIBUTES = b"</attributes>"
_END_OF_OBJECT = b"</object"
_VANISHED, _KEPT = "tpsence_vanished", "tpsence_kept"


def parse(content: bytes) -> Element:
    """Parse an annotation; entities and external references are refused.

    Raises:
        ParseError: It is no XML.
        DefusedXmlException: It wants something else to be read.
    """
    root: Element = fromstring(content, forbid_dtd=False)
    return root


def objects_of(root: Element) -> list[LabelledObject]:
    """Read the objects of an annotation."""
    return [_object(element) for element in root.findall("object")]


def can_be_marked(content: bytes) -> bool:
    """Tell whether the objects can be told apart in the text: not in a comment, not in another encoding."""
    return len(_OBJECT.findall(content)) == len(parse(content).findall("object"))


def with_marks(content: bytes, shares: Mapping[int, float], *, drop: bool) -> bytes:
    """Mark or leave out some objects.

    Args:
        content: Of the file.
        shares: By the place of the object: the share of its structure that is left, 0 to 1.
        drop: Leave them out.
    """
    places = iter(range(len(content)))

    def change(found: re.Match[bytes]) -> bytes:
        place = next(places)
        if place not in shares:
            return found.group()
        return b"" if drop else _marked(found.group(), shares[place])

    return _OBJECT.sub(change, content) if shares else content


def undo_marks(before: Element, after: Element, shares: Mapping[int, float], *, drop: bool) -> bool:
    """Take the marks out of a parsed copy again, or the dropped objects out of its source, so that both compare.

    Returns:
        Whether exactly the marks were there.
    """
    if drop:
        for place, element in enumerate(before.findall("object")):
            if place in shares:
                before.remove(element)
        return True
    copies = after.findall("object")
    return all(place < len(copies) and _take_mark(copies[place], share) for place, share in shares.items())


def _object(element: Element) -> LabelledObject:
    """Read one object."""
    name = (element.findtext("name") or "").strip() or "no class"
    try:
        ends = [float(element.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")]
    except ValueError:
        return LabelledObject(name, None)
    return LabelledObject(name, corners(*ends))


def _marked(text: bytes, share: float) -> bytes:
    """Put the mark at the end of an object's attributes, which are made where there are none."""
    pairs = ((_VANISHED, "true"), (_KEPT, repr(share)))
    mark = "".join(f"<attribute><name>{name}</name><value>{value}</value></attribute>" for name, value in pairs)
    if _END_OF_ATTRIBUTES in text:
        head, _, tail = text.rpartition(_END_OF_ATTRIBUTES)
        return head + mark.encode() + _END_OF_ATTRIBUTES + tail
    head, _, tail = text.rpartition(_END_OF_OBJECT)
    return head + f"<attributes>{mark}</attributes>".encode() + _END_OF_OBJECT + tail


def _take_mark(element: Element, share: float) -> bool:
    """Remove the mark from an object and tell whether it was there."""
    holder = element.find("attributes")
    if holder is None or len(holder) < 2:
        return False
    vanished, kept = holder[-2:]
    found = [(one.findtext("name"), one.findtext("value")) for one in (vanished, kept)]
    holder.remove(vanished)
    holder.remove(kept)
    if len(holder) == 0:
        element.remove(holder)
    return found == [(_VANISHED, "true"), (_KEPT, repr(share))]
