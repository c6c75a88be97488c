"""XML as annotation tools, people and attackers write it."""

import random
import re
from collections.abc import Callable, Sequence

from benchmarks.fuzzing.odd import ODD_NAMES, ODD_TEXTS

_OBJECT = re.compile(r"<object>.*?</object>", re.DOTALL)
_TEXT = re.compile(r">([^<>]+)<")
_TAG = re.compile(r"</?([a-z]+)>")
_INSERTED = (
    "<!-- a comment -->",
    "<!-- <object><name>ghost</name></object> -->",
    "<!--<object>-->",
    "<![CDATA[<object><name>x</name></object>]]>",
    "<object/>",
    "<object><name>car</name></object>",
    "<object difficult='1'><name>car</name><bndbox/></object>",
    "<object ><object><name>inner</name></object></object >",
    "<?php echo 1 ?>",
    "&amp;&#65;",
    "&unknown;",
    "&#0;",
    "<attributes/>",
    "<x:y xmlns:x='urn:z'/>",
    "<filename>other.png</filename>",
    "<size><width>1e9</width><height>nan</height></size>",
    "\u00a0\u3000",
)
_HEADS = (
    '<?xml version="1.0" encoding="gb2312"?>',
    '<?xml version="1.0" encoding="utf-16"?>',
    '<?xml version="1.1" standalone="yes"?>',
    '<?xml version="1.0" encoding="no-such-thing"?>',
    "<!DOCTYPE annotation>",
    '<!DOCTYPE a [<!ENTITY x "car">]>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">',
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
    '<!DOCTYPE a [<!ATTLIST object kind CDATA "given">]>',
    "\n",
)


def mutate_xml(draw: random.Random, text: str) -> str:
    """Change one place of an annotation."""
    return draw.choice(_WAYS)(draw, text)


def _insert(draw: random.Random, text: str) -> str:
    """Put something between two tags."""
    places = [found.start() for found in re.finditer("<", text)] or [0]
    at = draw.choice(places)
    return text[:at] + draw.choice(_INSERTED) * draw.choice((1, 1, 2)) + text[at:]


def _head(draw: random.Random, text: str) -> str:
    """Begin otherwise."""
    return draw.choice(_HEADS) + text


def _other_text(draw: random.Random, text: str) -> str:
    """Put an odd text into an element."""
    found = list(_TEXT.finditer(text))
    if not found:
        return text
    one = draw.choice(found)
    new = draw.choice((*ODD_TEXTS, *ODD_NAMES, "1.5e3", "12,5", "<![CDATA[7]]>", " 7\n", "9" * 5_000))
    return text[: one.start(1)] + new.replace("\0", "") + text[one.end(1) :]


def _other_tag(draw: random.Random, text: str) -> str:
    """Call an element otherwise, or leave out one end of it."""
    found = list(_TAG.finditer(text))
    if not found:
        return text
    name = draw.choice(found).group(1)
    new = draw.choice((name.upper(), f"x{name}", f"{name} a='1'", f"ns:{name}", f"{name}\n"))
    if draw.random() < 0.2:
        return text.replace(f"</{name}>", "", 1)
    return text.replace(f"<{name}>", f"<{new}>").replace(f"</{name}>", f"</{new.split()[0]}>")


def _objects(draw: random.Random, text: str) -> str:
    """Have an object twice, inside another, or not at all."""
    found = list(_OBJECT.finditer(text))
    if not found:
        return text
    one = draw.choice(found)
    new = draw.choice((one.group() * 2, f"<object>{one.group()}</object>", "", f"<part>{one.group()}</part>"))
    return text[: one.start()] + new + text[one.end() :]


def _deep(draw: random.Random, text: str) -> str:
    """Nest deeply, or have very much of one thing."""
    count = draw.choice((100, 3_000))
    what = draw.choice(("<a>" * count + "</a>" * count, "<object>" * count, "<a/>" * count, "<!--x-->" * count))
    return text.replace("</annotation>", what + "</annotation>", 1)


_WAYS: Sequence[Callable[[random.Random, str], str]] = (
    _insert,
    _insert,
    _head,
    _other_text,
    _other_tag,
    _objects,
    _deep,
)
