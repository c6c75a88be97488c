"""The page in a real browser: it opens from a file, loads nothing, and its controls do what they say."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.files.text import one_line
from pipeline.report.content import Content
from pipeline.report.page import render
from tests.pipeline.report.contents import HOSTILE, box, each_text, empty, hostile, ordinary, picture

pytest.importorskip("playwright", reason="needs playwright")

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective));
"""


@dataclass
class Watched:
    """A page in the browser and what must not happen on it."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    """Errors on the console, uncaught ones, breaches of the policy, alerts, and requests but for the file."""

    @property
    def figures(self) -> Locator:
        return self.page.locator(".gallery figure")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    def slider(self, number: int) -> Locator:
        return self.page.get_by_role("slider").nth(number)

    def clip(self, number: int) -> float:
        """Return the share of the picture that is cut from the left of the after, in percent."""
        style = self.page.locator(".after").nth(number).evaluate("element => getComputedStyle(element).clipPath")
        return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)(?:%|px)?\)", style)[1])  # type: ignore[index]


Opener = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of the system's; skips where there is none."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs chromium or google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Return a function that opens a report: ``opened(content, **context_options)``; no trouble is let pass."""
    pages: list[Watched] = []
    with ExitStack() as stack:

        def opener(content: Content, **options: Any) -> Watched:  # noqa: ANN401 (Playwright's own)
            file = tmp_path / f"report {len(pages)}.html"
            file.write_text(render(content), encoding="utf-8")
            context = browser.new_context(**options)
            stack.callback(context.close)
            context.set_default_timeout(5000)
            page = context.new_page()
            pages.append(watched := Watched(page))
            seen = watched.troubles
            page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: seen.append(str(error)))
            page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
            page.on("request", lambda request: seen.append(request.url) if _is_foreign(request.url, file) else None)
            page.add_init_script(_VIOLATIONS)
            page.goto(file.as_uri())
            return watched

        yield opener
        for watched in pages:
            assert watched.troubles == []


def _is_foreign(url: str, file: Path) -> bool:
    return not url.startswith("data:") and url.partition("#")[0] != file.as_uri()


@pytest.mark.parametrize("content", [ordinary(), empty()], ids=["ordinary", "empty"])
def test_it_opens_from_a_file_without_trouble_and_shows_every_picture(opened: Opener, content: Content) -> None:
    page = opened(content).page
    expect(page.get_by_role("heading", level=1)).to_have_text(content.title)
    broken = page.evaluate("[...document.images].filter(image => !image.complete || !image.naturalWidth).length")
    assert broken == 0
    assert page.locator("img").count() == 2 * (len(content.gallery) + len(content.worst))


def test_a_foreign_script_style_or_picture_would_be_trouble(opened: Opener) -> None:
    watched = opened(ordinary())
    watched.page.evaluate("""async () => {
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        const picture = new Image();
        picture.src = "https://example.invalid/a.png";
        const bold = document.createElement("b");
        bold.setAttribute("style", "color: red");
        document.body.append(script, picture, bold);
        await fetch("https://example.invalid/").catch(() => null);
    }""")
    assert watched.page.evaluate("window.hacked") is None
    assert {"policy: script-src-elem", "policy: img-src", "policy: style-src-attr", "policy: connect-src"} <= set(
        watched.troubles
    )
    watched.troubles.clear()


def test_the_slider_moves_by_keyboard_and_says_where_it_is(opened: Opener) -> None:
    watched = opened(ordinary())
    slider = watched.slider(1)
    assert watched.clip(1) == 50
    slider.focus()
    for key, value in (("ArrowLeft", 49), ("ArrowRight", 50), ("ArrowRight", 51), ("Home", 0), ("End", 100)):
        slider.press(key)
        expect(slider).to_have_value(str(value))
        assert watched.clip(1) == value
        expect(slider).to_have_attribute("aria-valuetext", f"{value} % before, {100 - value} % after")
    assert watched.clip(0) == 50
    outline = slider.locator("..").evaluate("frame => getComputedStyle(frame).outlineStyle")
    assert outline == "solid"


def test_the_slider_follows_the_pointer_anywhere_on_the_picture(opened: Opener) -> None:
    watched = opened(ordinary())
    frame = watched.page.locator(".frame").first
    frame.scroll_into_view_if_needed()
    edges = frame.bounding_box()
    assert edges is not None
    mouse = watched.page.mouse

    def at(share: float) -> tuple[float, float]:
        return edges["x"] + share * edges["width"], edges["y"] + 0.2 * edges["height"]

    mouse.move(*at(0.3))
    assert watched.clip(0) == 50  # no button is down
    mouse.down()
    assert watched.clip(0) == pytest.approx(30, abs=1)
    mouse.move(*at(0.8), steps=3)
    assert watched.clip(0) == pytest.approx(80, abs=1)
    mouse.move(*at(1.4), steps=2)
    assert watched.clip(0) == 100
    mouse.up()
    mouse.move(*at(0.1))
    assert watched.clip(0) == 100
    expect(watched.slider(0)).to_be_focused()
    left, right = watched.page.locator(".divider").first.evaluate("divider => [divider.style.left, divider.offsetLeft]")
    assert left == ""
    assert right == pytest.approx(edges["width"], abs=2)


def test_a_finger_moves_the_slider_across_and_the_page_up(opened: Opener) -> None:
    watched = opened(ordinary(), has_touch=True, viewport={"width": 360, "height": 640})
    page = watched.page
    frame = page.locator(".frame").first
    frame.scroll_into_view_if_needed()
    devtools = page.context.new_cdp_session(page)

    def swipe(dx: float, dy: float) -> None:
        edges = frame.bounding_box()
        assert edges is not None
        x, y = edges["x"] + edges["width"] * 0.3, edges["y"] + edges["height"] / 2
        devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 6):
            point = {"x": x + dx * part / 5, "y": y + dy * part / 5}
            devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    before = page.evaluate("scrollY")
    swipe(150, 0)
    assert watched.clip(0) > 70
    assert page.evaluate("scrollY") == before
    cut = watched.clip(0)
    swipe(0, -200)
    page.wait_for_function("before => scrollY > before + 50", arg=before)
    assert watched.clip(0) == cut


def test_one_button_sets_all_sliders(opened: Opener) -> None:
    watched = opened(ordinary())
    for name, value in (("Before", 100), ("After", 0), ("Half", 50)):
        watched.page.get_by_role("button", name=name, exact=True).click()
        assert [watched.clip(number) for number in range(4)] == [value] * 4
        expect(watched.slider(3)).to_have_value(str(value))


def test_unchecking_a_class_hides_its_boxes_and_the_pictures_with_no_other(opened: Opener) -> None:
    watched = opened(ordinary())
    expect(watched.status).to_have_text("4 of 4 pictures, 6 boxes shown.")
    watched.page.get_by_label("person").uncheck()
    expect(watched.status).to_have_text("2 of 4 pictures, 4 boxes shown.")
    assert [figure.is_visible() for figure in watched.figures.all()] == [True, False, False, True]
    assert [group.is_visible() for group in watched.figures.first.locator(".box").all()] == [True, True, False]
    watched.page.get_by_role("button", name="None", exact=True).click()
    expect(watched.status).to_have_text("0 of 4 pictures, 0 boxes shown.")
    watched.page.get_by_label("bus").check()
    expect(watched.status).to_have_text("1 of 4 pictures, 1 box shown.")
    watched.page.get_by_role("button", name="All", exact=True).click()
    expect(watched.status).to_have_text("4 of 4 pictures, 6 boxes shown.")


def test_only_flagged_boxes(opened: Opener) -> None:
    watched = opened(ordinary())
    watched.page.get_by_label("Only flagged boxes (2)").check()
    expect(watched.status).to_have_text("2 of 4 pictures, 2 boxes shown.")
    assert [figure.is_visible() for figure in watched.figures.all()] == [True, True, False, False]
    watched.page.get_by_label("car").uncheck()
    expect(watched.status).to_have_text("1 of 4 pictures, 1 box shown.")


def test_without_a_flagged_box_there_is_nothing_to_choose(opened: Opener) -> None:
    watched = opened(replace(ordinary(), gallery=(picture("a.jpg", box(0, 0.9)), picture("b.jpg"))))
    expect(watched.page.get_by_label("Only flagged boxes (0)")).to_be_disabled()


def test_pictures_without_any_box_need_no_filter(opened: Opener) -> None:
    watched = opened(replace(ordinary(), gallery=(picture("a.jpg"),)))
    expect(watched.status).to_have_text("1 of 1 picture, 0 boxes shown.")
    assert watched.page.get_by_role("checkbox").count() == 0


def test_boxes_can_be_put_away(opened: Opener) -> None:
    watched = opened(ordinary())
    shape = watched.page.locator(".box").first
    expect(shape).to_be_visible()
    watched.page.get_by_label("Boxes", exact=True).uncheck()
    expect(shape).to_be_hidden()
    expect(watched.status).to_have_text("4 of 4 pictures, boxes not shown.")


def test_flagged_boxes_are_dashed_and_of_another_colour(opened: Opener) -> None:
    watched = opened(ordinary())
    styles = watched.figures.first.locator(".box .line").evaluate_all(
        "lines => lines.map(line => [getComputedStyle(line).stroke, getComputedStyle(line).strokeDasharray])"
    )
    (flagged, dashes), *others = styles  # the largest of the three is the flagged one
    assert dashes != "none"
    assert all(colour != flagged and dash == "none" for colour, dash in others)


def test_a_picture_is_enlarged_and_goes_back(opened: Opener) -> None:
    watched = opened(ordinary(), viewport={"width": 1280, "height": 800})
    page = watched.page
    width = watched.figures.first.bounding_box()["width"]  # type: ignore[index]
    button = page.get_by_role("button", name="Enlarge a.jpg")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    inside = dialog.locator("figure").bounding_box()
    assert inside is not None
    assert inside["width"] > 1.5 * width
    assert inside["y"] + inside["height"] <= 800
    dialog.get_by_role("slider").press("Home")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(watched.figures).to_have_count(4)
    expect(button).to_be_focused()
    assert watched.clip(0) == 0
    page.get_by_role("button", name="Enlarge d.jpg").click()
    tall = dialog.locator("figure").bounding_box()
    assert tall is not None
    assert tall["y"] + tall["height"] <= 800
    page.get_by_role("button", name="Close d.jpg").click()
    expect(dialog).to_be_hidden()


def test_hostile_names_are_text(opened: Opener) -> None:
    watched = opened(hostile(), viewport={"width": 360, "height": 640})
    page = watched.page
    shown = [_words(one_line(text)) for text in HOSTILE]
    assert [_words(text) for text in watched.figures.locator(".name").all_inner_texts()] == shown
    assert [_words(text) for text in page.locator(".chip .name").all_inner_texts()] == shown
    assert page.locator("bdi > *").count() == 0
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    page.get_by_role("button", name="None", exact=True).click()
    page.locator(".chip input").nth(3).check()
    expect(watched.status).to_have_text(f"1 of {len(HOSTILE)} pictures, 1 box shown.")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def _words(text: str) -> str:
    """Return a text with single spaces, as a browser shows it."""
    return " ".join(text.split())


def test_a_hostile_name_stays_text_in_the_script(opened: Opener) -> None:
    name = HOSTILE[1]
    watched = opened(each_text(ordinary(), lambda _: name))
    watched.page.locator(".enlarge").first.click()
    expect(watched.page.get_by_role("dialog").get_by_role("button")).to_have_attribute("aria-label", f"Close {name}")
    assert watched.page.evaluate("window.hacked") is None


def test_dark_and_light_differ_and_both_can_be_read(opened: Opener) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = opened(ordinary(), color_scheme=scheme).page
        ground, *texts = page.evaluate("""() => [
            getComputedStyle(document.body).backgroundColor,
            ...["body", ".muted", ".flag", "a[href='#change']", "summary"].map(
                (selector) => getComputedStyle(document.querySelector(selector)).color)
        ]""")
        grounds.add(ground)
        for text in texts:
            assert _contrast(text, ground) >= 4.5, (scheme, text)
    assert len(grounds) == 2


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, ``rgb(r, g, b)``, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(number) / 255 for number in re.findall(r"\d+", colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("content", [ordinary(), empty()], ids=["ordinary", "empty"])
def test_nothing_is_wider_than_a_phone(opened: Opener, content: Content) -> None:
    page = opened(content, viewport={"width": 360, "height": 640}).page
    for details in page.locator("details").all():
        details.evaluate("details => { details.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_script_both_pictures_stand_side_by_side(opened: Opener) -> None:
    watched = opened(ordinary(), java_script_enabled=False)
    before, after = (watched.figures.first.locator(f".{side} img").bounding_box() for side in ("before", "after"))
    assert before is not None
    assert after is not None
    assert before["x"] + before["width"] <= after["x"] + 0.5
    assert before["width"] == pytest.approx(after["width"], abs=1)
    expect(watched.page.get_by_role("slider")).to_have_count(0)
    expect(watched.page.get_by_role("checkbox")).to_have_count(0)
    expect(watched.page.locator("svg.chart")).to_be_visible()


def test_boxes_lie_on_what_they_mark(opened: Opener) -> None:
    watched = opened(replace(ordinary(), gallery=(picture("a.jpg", box(0, 0.5, at=(80, 45, 240, 135))),)))
    watched.page.locator(".frame").scroll_into_view_if_needed()
    frame = watched.page.locator(".frame").bounding_box()
    shape = watched.page.locator(".line").evaluate(
        "line => { const edges = line.getBoundingClientRect(); return [edges.x, edges.y, edges.right, edges.bottom]; }"
    )
    assert frame is not None
    x, y, width, height = (frame[key] for key in ("x", "y", "width", "height"))
    expected = [x + width / 4, y + height / 4, x + width * 3 / 4, y + height * 3 / 4]
    assert shape == pytest.approx(expected, abs=2)
    hit = watched.page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('.box') !== null", expected[:2])
    assert hit


def test_the_skip_link_comes_first(opened: Opener) -> None:
    page = opened(ordinary()).page
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the report")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
