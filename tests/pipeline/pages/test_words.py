"""Addresses lead nowhere but to files beside the page."""

import pytest

from pipeline.pages.words import address


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a b/ü#1?.jpg", "./a%20b/%C3%BC%231%3F.jpg"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("C:/x.jpg", "./C%3A/x.jpg"),
        ("a/...jpg", "./a/...jpg"),
        ("%2e%2e/x", "./%252e%252e/x"),
        ('"><b>.jpg', "./%22%3E%3Cb%3E.jpg"),
        ("\udcff.jpg", "./%FF.jpg"),
        ("\ud800.jpg", "./%ED%A0%80.jpg"),
        ("../x.jpg", None),
        ("a/../../x.jpg", None),
        ("..\\x.jpg", None),
        ("//host/x.jpg", None),
        ("\\\\host\\x.jpg", None),
        ("/etc/passwd", None),
        ("", None),
    ],
)
def test_an_address_is_relative_and_stays_below_the_folder_of_the_page(file: str, expected: str | None) -> None:
    assert address(file) == expected
