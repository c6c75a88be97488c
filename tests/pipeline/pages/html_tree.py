"""A page as a tree, for tests that ask what stands where."""

import base64
import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"img", "input", "link", "meta"}


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str | None]
    inside: "list[Element | str]" = field(default_factory=list)

    def all(self, tag: str = "", css_class: str = "") -> "list[Element]":
        """Return the elements below of this tag and class, in order."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                if (not tag or one.tag == tag) and (not css_class or css_class in one.classes):
                    found.append(one)
                found += one.all(tag, css_class)
        return found

    def one(self, tag: str = "", css_class: str = "") -> "Element":
        """Return the only such element."""
        (found,) = self.all(tag, css_class)
        return found

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        whole = "".join(one if isinstance(one, str) else one.text + " " for one in self.inside)
        return " ".join(whole.split())


class _Builder(HTMLParser):
    """Builds the tree, and refuses a tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attrs))
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def parse(page: str) -> Element:
    """Return the page as a tree."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    assert builder._open == [builder.root], "a tag is not closed"
    return builder.root


def policy_of(page: Element) -> Element:
    """Return the element that states a page's policy, its only one."""
    (policy,) = [one for one in page.all("meta") if one.attributes.get("http-equiv") == "Content-Security-Policy"]
    return policy


def own_alone(page: Element) -> str:
    """Return the policy that allows the style and the script that a page has, inlined pictures, and nothing else."""

    def digest(tag: str) -> str:
        (text,) = page.one(tag).inside
        assert isinstance(text, str)
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; img-src data:; style-src {digest('style')}; script-src {digest('script')}; "
        "base-uri 'none'; form-action 'none'"
    )
