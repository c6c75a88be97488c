"""What makes a site of the repository: a hook of MkDocs (``mkdocs.yml``).

Pages stand where a reader of the repository looks for them: the README at the top, cards and manuals in ``docs/``,
READMEs in their folders. On the site ``docs/x.md`` is ``x.md`` and every other file has the path that it has in the
repository, and links are turned round accordingly. So a link that works in the one place works in the other.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "examples/README.md",
    "models/README.md",
    "models/gpu/README.md",
)
"""The pages outside of ``docs/``."""
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z]+:")
_CODE = re.compile(r"<code>.*?</code>", re.DOTALL)
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside of ``docs/``, and the files that pages have links to."""
    pages = [*PAGES, *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    linked = {target for page in pages for target in _links(page)}
    for path in sorted({*PAGES, *linked}):
        if not path.startswith("docs/"):
            for file in _whole(path):
                files.append(File.generated(config, file, abs_src_path=str(ROOT / file)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page round."""
    del config, files
    own = page.file.src_uri
    here = own if page.file.generated_by else f"docs/{own}"

    def turned(link: re.Match[str]) -> str:
        target = link[2]
        if _ELSEWHERE.match(target):
            return link[0]
        there = _on_site(_joined(here, target))
        return f"{link[1]}{posixpath.relpath(there, posixpath.dirname(own) or '.')}{link[3] or ''}{link[4]}"

    return _outside_fences(markdown, turned)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mark the options of commands, within which a browser would begin a new line: after their two dashes."""
    del page, config, files
    return _CODE.sub(lambda code: _OPTION.sub(r'<span class="option">\g<0></span>', code[0]), html)


def _links(page: str) -> Iterator[str]:
    """Yield the files and folders of the repository that a page has links to."""
    text = _FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))
    for link in _LINK.finditer(text):
        if not _ELSEWHERE.match(link[2]):
            yield _joined(page, link[2])


def _whole(path: str) -> list[str]:
    """Return a file, or the files of a folder."""
    if not (ROOT / path).is_dir():
        return [path]
    return sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / path).iterdir() if file.is_file())


def _joined(page: str, link: str) -> str:
    """Return what a link on a page leads to, as a path in the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def _on_site(path: str) -> str:
    """Return where a path of the repository is on the site; a folder without a page of its own is its first file."""
    if path.startswith("docs/"):
        return str(PurePosixPath(path).relative_to("docs"))
    return _whole(path)[0] if (ROOT / path).is_dir() else path


def _outside_fences(text: str, turned: Callable[[re.Match[str]], str]) -> str:
    """Replace links in what is no code."""
    parts, at = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_LINK.sub(turned, text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, _LINK.sub(turned, text[at:])])
