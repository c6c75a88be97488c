"""Style and script of every page: each is one element of the page, and the policy names it by its hash."""

import base64
import hashlib
from importlib.resources import files

import pytest

from pipeline.pages.template import policy

ASSETS = [("pipeline.pages", "shared/shared"), ("pipeline.report", "page/page")]


@pytest.mark.parametrize("kind", ["css", "js"])
@pytest.mark.parametrize(("package", "name"), ASSETS)
def test_style_and_script_cannot_end_their_element(package: str, name: str, kind: str) -> None:
    text = files(package).joinpath(f"{name}.{kind}").read_text(encoding="utf-8")
    assert "</" not in text
    assert "<!--" not in text


def test_the_policy_names_style_and_script_by_their_hashes_and_lets_nothing_else_run_or_load() -> None:
    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy("a {}", "b()").split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src {source('a {}')}",
        f"script-src {source('b()')}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
