"""Where the objects stand in an annotation's text: found in one walk, however hostile the text."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.labels.voc.objects import _spans, objects_in

PLAIN = re.compile(rb"\s*<object(?:\s[^>]*)?>.*?</object\s*>", re.DOTALL)
"""What an object is, as slow as it is plain."""
PIECES = (
    *(
        b"<object>",
        b"<object ",
        b"<object/>",
        b"<object a='b'>",
        b"</object>",
        b"</object ",
        b"<objects>",
        b"</objects>",
    ),
    *(b">", b"<", b" ", b"\n", b"\x0b", b"x", b"<!--", b"-->", b"<name>"),
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=16).map(b"".join))
def test_objects_are_found_where_the_plain_expression_finds_them(content: bytes) -> None:
    found = list(_spans(content))
    assert [(span.start, span.end) for span in found] == [one.span() for one in PLAIN.finditer(content)]
    assert all(content.startswith(b"<object", span.tag) for span in found)


def test_every_object_has_the_line_of_its_tag() -> None:
    one = b"<object>\n<name>a</name></object>"
    content = b"<annotation>\n" + one + b"\n\n  " + one + one + b"\n</annotation>"
    assert [found.line for found in objects_in(content)] == [2, 5, 6]


HOSTILE = """
from pipeline.labels.voc.edits import differs_as_meant, with_filename_suffix
from pipeline.labels.voc.objects import can_be_marked, objects_in
one = b"<object><name>a</name></object>"
filling = {filling}
content = b"<annotation><filename>a.jpg</filename>" + filling.replace(b"@", one) + b"</annotation>"
assert len(objects_in(content)) == 1
can_be_marked(content)
assert differs_as_meant(content, with_filename_suffix(content, "_r"), "_r")
"""


@pytest.mark.parametrize(
    "filling",
    [
        "b' ' * 2_000_000 + b'@'",
        "b'@' + b'\\n' * 2_000_000",
        "b'<!--' + b'<object>' * 200_000 + b'-->@'",
        "b'@<!--' + b'<object>' * 200_000 + b'-->'",
        "b'@<!--' + b'<object ' * 200_000 + b'-->'",
        "b'@<!--' + b'</object ' * 200_000 + b'-->'",
        "b'@<!--' + b'<filename>' * 200_000 + b'-->'",
        "b'@<!--' + b'<object><attributes ' * 100_000 + b'-->'",
    ],
)
def test_a_hostile_text_does_not_take_the_square_of_its_length(filling: str) -> None:
    subprocess.run([sys.executable, "-c", HOSTILE.format(filling=filling)], check=True, timeout=60)  # else hours
