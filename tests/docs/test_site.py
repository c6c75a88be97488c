"""The site is built without a warning, and asks nobody else for anything."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import name, pages

pytest.importorskip("material")
_LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""What a browser fetches without being asked."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")
    return out


class Fetched(HTMLParser):
    """Collects what a page fetches, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of an element."""
        values = dict(attrs)
        if tag in _LOADS and (address := values.get(_LOADS[tag])):
            self.fetched.append(address)
        if tag == "a" and (address := values.get("href")):
            self.links.append(address)


def parsed(page: Path) -> Fetched:
    """Read a page of the site."""
    found = Fetched()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def test_every_page_is_on_it(site: Path) -> None:
    built = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    wanted = {name(page).removeprefix("docs/").replace("README.md", "index.md") for page in pages()}
    assert {page.replace(".md", ".html") for page in wanted} <= built


def test_it_needs_no_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        if page.name != "404.html":
            found = parsed(page)
            assert [one for one in found.fetched if re.match(r"(https?:)?//", one)] == []
            for address in found.fetched:
                assert (page.parent / address.partition("?")[0]).exists(), address


def test_no_line_begins_within_an_option(site: Path) -> None:
    for page in ("index.html", "augment.html"):
        text = re.sub(r'<span class="option">[^<]*</span>', "", (site / page).read_text(encoding="utf-8"))
        shown = re.sub(r"<[^>]*>", "", "".join(re.findall(r"<code>.*?</code>", text, re.DOTALL)))
        assert "--" not in shown
    assert "--keep-originals</span>" in (site / "augment.html").read_text(encoding="utf-8")


def test_its_links_lead_to_files(site: Path) -> None:
    for page in site.rglob("*.html"):
        if page.name != "404.html":
            for link in parsed(page).links:
                target = link.partition("#")[0]
                if target and not re.match(r"[a-z]+:|//", target):
                    assert (page.parent / target).exists(), f"{page.name}: {link}"
