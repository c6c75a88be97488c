"""The page in a real browser: it opens from a file, loads nothing, and its controls do what they say."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pipeline.files.text import one_line
from pipeline.report.content import Content
from pipeline.report.page import render
from tests.pipeline.conftest import OpenPage
from tests.pipeline.pages.hostile import HOSTILE
from tests.pipeline.report.contents import box, crop, each_text, empty, hostile, ordinary, picture

pytest.importorskip("playwright", reason="needs playwright")

from playwright.sync_api import Locator, Page, expect


@dataclass
class Watched:
    """A page in the browser and what must not happen on it."""

    page: Page
    troubles: list[str]
    """Errors on the console, uncaught ones, breaches of the policy, alerts, and requests but for the file."""

    @property
    def figures(self) -> Locator:
        return self.page.locator(".gallery figure")

    @property
    def status(self) -> Locator:
        return self.page.locator("#status")

    def slider(self, number: int) -> Locator:
        return self.page.get_by_role("slider").nth(number)

    def clip(self, number: int) -> float:
        """Return the share of the picture that is cut from the left of the after, in percent."""
        style = self.page.locator(".after").nth(number).evaluate("element => getComputedStyle(element).clipPath")
        return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)(?:%|px)?\)", style)[1])  # type: ignore[index]


Opener = Callable[..., Watched]


@pytest.fixture
def opened(open_page: OpenPage, tmp_path: Path) -> Opener:
    """Return a function that opens a report: ``opened(content, **context_options)``; no trouble is let pass."""
    number = count()

    def opener(content: Content, **options: Any) -> Watched:  # noqa: ANN401 (Playwright's own)
        file = tmp_path / f"report {next(number)}.html"
        file.write_text(render(content), encoding="utf-8")
        return Watched(*open_page(file, **options))

    return opener


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
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    shown = [_words(one_line(text)) for text in HOSTILE]
    assert [_words(text) for text in watched.figures.locator(".name").all_inner_texts()] == shown
    assert [_words(text) for text in page.locator(".chip .name").all_inner_texts()] == shown
    assert page.locator("bdi > *").count() == 0
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


def many() -> Content:
    """Ten pictures of two classes, ten boxes alone of which the last is of a picture that is not shown."""
    content = ordinary()
    names = [f"{'day' if number % 2 else 'night'}/{number}.jpg" for number in range(1, 11)]
    pictures = [
        picture(name, box(number % 2, 0.95 - number / 20, flagged=number > 8, place=7), size=(640, 360))
        for number, name in enumerate(names)
    ]
    crops = [
        crop(name, number % 2, 0.05 * number, at=(0, 0, 10 + (number * 7) % 10, 10), place=7)
        for number, name in enumerate([*names[1:], "gone.jpg"])
    ]
    return replace(content, gallery=pictures, worst=crops, gallery_of=200)


def names_of(locator: Locator) -> list[str]:
    """Return the names of the items that are seen, in order."""
    return [one.locator("figcaption .name").inner_text() for one in locator.all() if one.is_visible()]


def test_pictures_are_found_by_name_and_by_class(opened: Opener) -> None:
    watched = opened(many())
    find = watched.page.get_by_label("Find a picture by name or class")
    find.fill(" NIGHT/")
    expect(watched.status).to_have_text("5 of 10 pictures, 5 boxes shown.")
    find.fill("PERSON")
    expect(watched.status).to_have_text("5 of 10 pictures, 5 boxes shown.")
    find.fill("day/3.jpg")
    assert names_of(watched.page.locator("#gallery > li")) == ["day/3.jpg"]
    watched.page.get_by_label("person").uncheck()
    find.fill("")
    expect(watched.status).to_have_text("5 of 10 pictures, 5 boxes shown.")


def test_pictures_are_put_in_order(opened: Opener) -> None:
    watched = opened(many())
    order, items = watched.page.get_by_label("Order of the pictures"), watched.page.locator("#gallery > li")
    first = names_of(items)
    order.select_option("name")
    assert names_of(items)[:5] == [f"day/{number}.jpg" for number in (1, 3, 5, 7, 9)]
    order.select_option("kept")
    assert names_of(items) == first[::-1]
    order.select_option("flagged")
    assert names_of(items)[0] == "night/10.jpg"
    order.select_option("as chosen")
    assert names_of(items) == first


def test_boxes_are_found_and_put_in_order(opened: Opener) -> None:
    page = opened(many()).page
    items, status = page.locator("#crops > li"), page.locator("#box-status")
    first = names_of(items)
    assert len(first) == 10
    page.get_by_label("Find a box by picture or class").fill("gone")
    expect(status).to_have_text("1 of 10 boxes shown.")
    assert names_of(items) == ["gone.jpg"]
    page.get_by_label("Find a box by picture or class").fill("person")
    expect(status).to_have_text("5 of 10 boxes shown.")
    page.get_by_label("Find a box by picture or class").fill("")
    order = page.get_by_label("Order of the boxes")
    order.select_option("class")
    classes = [one.inner_text() for one in items.locator(".class").all()]
    assert classes == ["car"] * 5 + ["person"] * 5
    for choice, sign in (("large", -1), ("small", 1)):
        order.select_option(choice)
        areas = items.evaluate_all("items => items.map(item => Number(item.dataset.area))")
        assert areas == sorted(areas, key=lambda area: sign * area)
        assert areas[0] != areas[-1]
    order.select_option("kept")
    assert names_of(items) == first


def test_a_table_is_sorted_by_its_headings_with_the_keyboard_too(opened: Opener) -> None:
    page = opened(ordinary()).page
    table = page.locator("#by-class")
    heads = table.locator("thead th")

    def column(place: int) -> list[str]:
        return [row.locator("th, td").nth(place).inner_text().strip() for row in table.locator("tbody tr").all()]

    table.get_by_role("button", name="Share flagged").click()
    assert column(0) == ["person", "car", "bus", "train"]
    expect(heads.nth(4)).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Class").focus()
    page.keyboard.press("Enter")
    assert column(0) == ["bus", "car", "person", "train"]
    page.keyboard.press("Space")
    assert column(0) == ["train", "person", "car", "bus"]
    assert [head.get_attribute("aria-sort") for head in heads.all()] == ["descending", None, None, None, None]
    table.get_by_role("button", name="Annotations").click()
    assert column(1) == ["1,234", "20", "3", "0"]


def test_all_classes_together_stay_on_top(opened: Opener) -> None:
    table = opened(ordinary()).page.locator("#by-size")
    names = table.locator("tbody th")
    for _ in range(2):
        table.get_by_role("button", name="small").click()
        assert names.first.inner_text().strip() == "all classes"
    assert [name.inner_text().strip() for name in names.all()] == ["all classes", "car", "person"]


def test_a_long_table_can_be_searched(opened: Opener) -> None:
    categories = [replace(ordinary().categories[0], name=f"class {number}") for number in range(20)]
    page = opened(replace(ordinary(), categories=categories, worst=(), gallery=())).page
    find = page.locator("[data-find=by-class]")
    find.fill("class 1")
    rows = page.locator("#by-class tbody tr")
    assert [row.is_visible() for row in rows.all()].count(True) == 11
    expect(find.locator("xpath=ancestor::p").get_by_role("status")).to_have_text("11 of 20")
    assert page.locator("[data-find=by-size]").count() == 0


def test_a_group_of_figures_goes_with_the_last_of_them(opened: Opener) -> None:
    found = ordinary().evaluation
    assert found is not None
    figures = [*found.figures, *([found.figures[0]] * 7)]
    page = opened(replace(ordinary(), evaluation=replace(found, figures=figures))).page
    page.get_by_label("Find a figure").fill("traffic")
    rows = [row.inner_text().split("\t")[0].strip() for row in page.locator("#figures tbody tr:visible").all()]
    assert rows == ["Hue kept", "hue turned by traffic light"]
    page.get_by_label("Find a figure").fill("")
    assert page.locator("#figures tbody tr:visible").count() == 12


def test_a_box_leads_to_its_picture_and_is_marked_there(opened: Opener) -> None:
    watched = opened(many(), viewport={"width": 1280, "height": 800})
    page = watched.page
    page.get_by_label("Find a picture by name or class").fill("nothing is called so")
    expect(watched.status).to_have_text("0 of 10 pictures, 0 boxes shown.")
    page.locator("#crops").get_by_role("link", name="night/4.jpg").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator("figcaption .name")).to_have_text("night/4.jpg")
    expect(dialog.locator(".box.pointed")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(watched.status).to_have_text("10 of 10 pictures, 10 boxes shown.")
    expect(page.locator("#picture-4")).to_be_in_viewport()
    page.locator("#crops").get_by_role("link", name="day/5.jpg").click()
    expect(page.locator(".pointed")).to_have_count(1)


def test_a_box_whose_picture_is_not_shown_leads_to_the_file(opened: Opener, tmp_path: Path) -> None:
    page = opened(many()).page
    link = page.locator("#crops").get_by_role("link", name="gone.jpg")
    assert link.evaluate("link => link.href") == (tmp_path / "rain" / "gone.jpg").as_uri()


def test_links_of_hostile_names_stay_below_the_folder(opened: Opener, tmp_path: Path) -> None:
    content = hostile()
    crops = [crop(text, number, 0.5) for number, text in enumerate(HOSTILE)]
    page = opened(replace(content, worst=crops, gallery=content.gallery[:2])).page
    addresses = page.evaluate("[...document.links].map(link => link.href)")
    root = tmp_path.as_uri() + "/"
    assert len([one for one in addresses if one.startswith(root + "rain/")]) == len(HOSTILE)  # two lead to the gallery
    assert all(one.startswith(root) for one in addresses)


def test_the_command_is_copied_or_selected(opened: Opener) -> None:
    page = opened(ordinary()).page
    page.get_by_role("button", name="Copy").click()
    status = page.locator(".command").get_by_role("status")
    expect(status).to_have_text(re.compile("Copied|Selected"))
    if "Selected" in status.inner_text():
        assert page.evaluate("getSelection().toString()").split() == " ".join(ordinary().command.lines).split()  # type: ignore[union-attr]


PHONE = {"width": 390, "height": 844}


def test_on_a_phone_there_is_little_at_first_and_all_on_demand(opened: Opener) -> None:
    page = opened(many(), viewport=PHONE).page
    assert page.locator("#gallery > li:visible").count() == page.locator("#crops > li:visible").count() == 4
    page.get_by_role("button", name="Show all 10 pictures").click()
    assert page.locator("#gallery > li:visible").count() == 10
    expect(page.locator("#gallery > li").nth(4).get_by_role("slider")).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("Show all .* pictures"))).to_be_hidden()
    page.get_by_label("Find a box by picture or class").fill("car")
    expect(page.get_by_role("button", name="Show all 5 boxes")).to_be_visible()
    expect(page.locator("#by-size")).to_be_hidden()
    page.locator("summary", has_text="By size of box").click()
    expect(page.locator("#by-size")).to_be_visible()


def test_on_a_phone_a_link_brings_out_a_picture_that_is_not_shown_yet(opened: Opener) -> None:
    page = opened(many(), viewport=PHONE).page
    page.get_by_role("button", name="Show all 10 boxes").click()
    page.locator("#crops").get_by_role("link", name="night/10.jpg").click()
    expect(page.locator("#picture-10")).to_be_in_viewport()
    expect(page.locator("#picture-10").get_by_role("slider")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()


def full() -> Content:
    """As much as a page has of a large data set, of streets that are wide."""
    content = many()
    by_size = content.by_size
    assert by_size is not None
    categories = [replace(content.categories[0], name=f"class {number}") for number in range(10)]
    gallery = [replace(one, name=f"{one.name}{number}") for number in range(3) for one in content.gallery][:24]
    return replace(
        content,
        categories=categories,
        gallery=gallery,
        worst=[*content.worst, *content.worst, *content.worst[:4]],
        facts=[(f"Fact {number}", "25 of 3,446 boxes may have lost their object") for number in range(11)],
        by_size=replace(by_size, rows=[*by_size.rows, *([by_size.rows[1]] * 8)]),
    )


def test_a_full_page_is_short_on_a_phone(opened: Opener) -> None:
    page = opened(full(), viewport=PHONE).page
    assert page.evaluate("document.documentElement.scrollHeight") < 6000
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_script_a_phone_shows_everything(opened: Opener) -> None:
    content = full()
    page = opened(content, viewport=PHONE, java_script_enabled=False).page
    assert page.locator("#gallery > li:visible").count() == len(content.gallery)
    assert page.locator("#crops > li:visible").count() == len(content.worst)
    for table in ("by-size", "by-loss", "by-colour", "by-class", "figures"):
        expect(page.locator(f"#{table}")).to_be_visible()
    assert page.locator(".scripted:visible").count() == 0


def test_a_wide_screen_that_was_narrow_shows_what_was_folded(opened: Opener) -> None:
    page = opened(ordinary(), viewport=PHONE).page
    expect(page.locator("#by-class")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("#by-class")).to_be_visible()
