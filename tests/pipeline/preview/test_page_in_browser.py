"""The page in a real browser: pictures open large with and without its script, and close again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.preview.content import Content, ShownBox
from pipeline.preview.page import render_small
from tests.pipeline.conftest import OpenPage
from tests.pipeline.pages.hostile import HOSTILE
from tests.pipeline.preview.contents import BOX, ordinary, row

pytest.importorskip("playwright", reason="needs playwright")

from playwright.sync_api import Page, expect

Opener = Callable[..., Page]
DESK, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def opened(open_page: OpenPage, tmp_path: Path) -> Opener:
    """Return a function that opens a preview: ``opened(text, **context_options)``; no trouble is let pass."""

    def opener(text: str = "a.jpg", content: Content | None = None, **options: Any) -> Page:  # noqa: ANN401 (Playwright's own)
        file = tmp_path / "preview.html"
        file.write_text(render_small(content or ordinary(text)), encoding="utf-8")
        return open_page(file, **options)[0]

    return opener


def is_large(page: Page, place: str) -> bool:
    """Tell whether a picture lies over the whole window."""
    wanted: Any = page.viewport_size
    box: Any = page.locator(f"#picture-{place}").bounding_box()
    return (box["x"], box["y"], box["width"], box["height"]) == (0, 0, wanted["width"], wanted["height"])


@pytest.mark.parametrize("text", ["a.jpg", *HOSTILE])
def test_it_opens_from_a_file_without_trouble_and_shows_every_picture(opened: Opener, text: str) -> None:
    page = opened(text)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("[...document.images].filter(one => !one.complete || !one.naturalWidth).length") == 0
    assert page.locator("img").count() == 9
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wider_than_the_screen(opened: Opener, size: dict[str, int]) -> None:
    page = opened("n" * 300, viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_on_a_desk_a_row_stands_on_one_line_and_on_a_phone_two_stand_beside_each_other(opened: Opener) -> None:
    def lines(size: dict[str, int]) -> list[int]:
        page = opened(viewport=size)
        tops = page.evaluate("[...document.querySelectorAll('.cells')[0].children].map(one => one.offsetTop)")
        return [tops.count(top) for top in sorted(set(tops))]

    assert lines(DESK) == [3]
    assert lines(PHONE) == [2, 1]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_tall_picture_is_no_taller_than_the_screen_and_its_boxes_stay_on_it(
    opened: Opener, size: dict[str, int]
) -> None:
    tall = row("tall.jpg", ShownBox(box=BOX, category="car"), size=(60, 6000))
    page = opened(content=replace(ordinary(), rows=[tall]), viewport=size)
    page.locator("#boxes").check()
    for part in ("#picture-1-0 img", "#picture-1-0 .overlay"):
        box: Any = page.locator(part).bounding_box()
        assert 0 < box["height"] <= size["height"]
    assert page.locator("#picture-1-0 img").evaluate("one => getComputedStyle(one).objectFit") == "contain"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_picture_opens_large_goes_to_its_neighbours_and_closes(opened: Opener, script: bool) -> None:
    page = opened(java_script_enabled=script, viewport=DESK)
    page.locator("#picture-1-1 .frame").click()
    expect(page.locator("#picture-1-1 .close")).to_be_visible()
    assert is_large(page, "1-1")
    page.locator("#picture-1-1 .next").click()
    assert is_large(page, "1-2")
    page.locator("#picture-1-2 .close").click()
    expect(page.locator(".close").nth(2)).to_be_hidden()
    assert not is_large(page, "1-2")


def test_keys_open_step_and_close(opened: Opener) -> None:
    page = opened(viewport=DESK)
    page.locator("#picture-1-0 .frame").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#picture-1-0 .close")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#picture-1-1 .close")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#picture-1-0 .close")).to_be_visible()
    page.keyboard.press("ArrowLeft")  # there is none before the original
    expect(page.locator("#picture-1-0 .close")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#picture-1-0 .close")).to_be_hidden()


def test_holding_a_large_picture_shows_the_original_and_so_does_the_button(opened: Opener) -> None:
    page = opened(viewport=DESK)
    page.locator("#picture-1-1 .frame").click()
    shown = page.locator("#picture-1-1 .was")
    expect(shown).to_have_count(0)
    page.mouse.move(700, 400)
    page.mouse.down()
    expect(shown).to_be_visible()
    original = page.locator("#picture-1-0 img").get_attribute("src")
    assert shown.get_attribute("src") == original
    page.mouse.up()
    expect(shown).to_be_hidden()
    button = page.locator("#picture-1-1").get_by_role("button", name="Original")
    button.click()
    expect(shown).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(shown).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_boxes_can_be_shown_in_every_column(opened: Opener, script: bool) -> None:
    page = opened(java_script_enabled=script)
    overlay = page.locator("#picture-1-2 .overlay")
    expect(overlay).to_be_hidden()
    page.get_by_label("Boxes of the labels").check()
    expect(overlay).to_be_visible()
    expect(page.locator(".key").first).to_be_visible()


def test_a_command_can_be_copied(opened: Opener) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("status").first).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[0] == "tpsence augment \\"
