"""The pages hang together: links lead somewhere, nothing stands twice, the README stays short."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import name, pages, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
WORDS = 520
"""Most words of the README, which is one screen."""


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Return what links can lead to on a page."""
    return {slug(heading) for heading in _HEADING.findall(prose(page))}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_of_a_page_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for link in _LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


def test_the_readme_is_one_screen_and_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= WORDS
    linked = {link.partition("#")[0] for link in _LINK.findall(text)}
    assert [name(page) for page in pages() if name(page).startswith("docs/") and name(page) not in linked] == []


def test_no_sentence_stands_twice() -> None:
    """Of sentences long enough that two writers would not hit upon the same one."""
    sentences: Counter[str] = Counter()
    for page in pages():
        if not name(page).startswith(("CHANGELOG", "CONTRIBUTING")):
            text = re.sub(r"<!-- options.*?end of options -->", "", prose(page), flags=re.DOTALL)
            sentences.update(one for one in re.split(r"(?<=[.:!?])\s+", " ".join(text.split())) if len(one) > 60)
    assert [one for one, count in sentences.items() if count > 1] == []
