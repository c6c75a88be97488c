"""Several texts in one, with commas between them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.files.text import comma_parts, comma_separated

TEXTS = st.text(st.sampled_from('ab ,"\n') | st.characters(codec="utf-8"), max_size=8).map(str.strip)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(TEXTS.filter(bool), max_size=5))
def test_texts_are_read_as_they_were_written(texts: list[str]) -> None:
    assert comma_parts(comma_separated(texts)) == texts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("car,traffic light", ["car", "traffic light"]),
        (" car , person ", ["car", "person"]),
        ('"car, red" , person', ["car, red", "person"]),
        ('6" pipe,a "b" c', ['6" pipe', 'a "b" c']),
        ('"6"" pipe"', ['6" pipe']),
        ("", []),
        (",,a,", ["", "", "a"]),
    ],
)
def test_blanks_around_do_not_count_and_quotation_marks_hold_commas(text: str, parts: list[str]) -> None:
    assert comma_parts(text) == parts


@pytest.mark.parametrize("text", ['"a', 'a,"b', '"a"b', '  "a,b', '"a""'])
def test_a_quotation_mark_alone_is_noticed(text: str) -> None:
    with pytest.raises(ValueError, match="has no other"):
        comma_parts(text)
