"""Texts with byte order marks: what is read, and that another content is stored as the file was."""

import codecs

import pytest

from pipeline.files.encoded import encoded

TEXT = "images/é 日.jpg\r\nimages/b.jpg"
STORED = {
    "plain": TEXT.encode(),
    "utf-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16-le": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32-le": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
}


@pytest.mark.parametrize("raw", STORED.values(), ids=STORED)
def test_the_text_is_read_and_stored_as_it_was(raw: bytes) -> None:
    source = encoded(raw)
    assert source.content == TEXT.encode()
    assert source.stored(source.content) == raw
    assert encoded(source.stored(b"x.jpg\n")).content == b"x.jpg\n"


@pytest.mark.parametrize("raw", [b"", b"a\xff.jpg", b"\xfe"])
def test_bytes_without_a_mark_stay(raw: bytes) -> None:
    assert encoded(raw).stored(encoded(raw).content) == raw


@pytest.mark.parametrize("raw", [codecs.BOM_UTF16_LE + b"a", codecs.BOM_UTF32_BE + b"abc"])
def test_a_damaged_text_is_an_error(raw: bytes) -> None:
    with pytest.raises(UnicodeError):
        encoded(raw)
