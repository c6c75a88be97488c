"""What the tests of the jobs share."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.labels.json_file import Json
from tests.conftest import WriteOtherwise

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WriteInstead = Callable[[Callable[[Json], Json]], None]
"""Sets what JSON label files become from here on, given what was to be written."""


@pytest.fixture
def write_instead(write_otherwise: WriteOtherwise) -> WriteInstead:
    """Let a JSON label file be written wrongly, to see that the proof notices."""

    def instead(edit: Callable[[Json], Json]) -> None:
        def edited(path: Path, data: bytes) -> bytes:
            return json.dumps(edit(json.loads(data))).encode() if path.suffix == ".json" else data

        write_otherwise(edited)

    return instead


OpenPage = Callable[..., "tuple[Page, list[str]]"]
"""Takes a file and options of the browser's context; gives the page, and what must not happen on it.

That are errors on the console, uncaught ones, breaches of the policy, alerts, and requests but for the file.
"""
_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective));
"""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium of the system's; skips where there is none."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs chromium or google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[OpenPage]:
    """Return a function that opens a page from its file; no trouble is let pass at the end."""
    all_troubles: list[list[str]] = []
    with ExitStack() as stack:

        def opener(file: Path, **options: Any) -> "tuple[Page, list[str]]":  # noqa: ANN401 (Playwright's own)
            context = browser.new_context(**options)
            stack.callback(context.close)
            context.set_default_timeout(5000)
            page = context.new_page()
            all_troubles.append(seen := [])
            page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: seen.append(str(error)))
            page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
            page.on("request", lambda request: seen.append(request.url) if _is_foreign(request.url, file) else None)
            page.add_init_script(_VIOLATIONS)
            page.goto(file.as_uri())
            return page, seen

        yield opener
        for troubles in all_troubles:
            assert troubles == []


def _is_foreign(url: str, file: Path) -> bool:
    return not url.startswith("data:") and url.partition("#")[0] != file.as_uri()
