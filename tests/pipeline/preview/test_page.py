"""The page holds everything, opens pictures without its script, and no text of the data becomes more than text."""

import base64
import io
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from PIL import Image

from pipeline.files.text import one_line
from pipeline.images.size import Size
from pipeline.pages.template import MOST_BYTES
from pipeline.preview.content import Content
from pipeline.preview.page import LONGEST_SIDE, render_small, room_for
from tests.pipeline.pages.hostile import HOSTILE
from tests.pipeline.pages.html_tree import Element, own_alone, parse, policy_of
from tests.pipeline.preview.contents import noisy, ordinary


def tree(content: Content) -> Element:
    return parse(render_small(content))


def sizes(page: Element) -> list[Size]:
    """Sizes of the pictures in a page."""
    data = [base64.b64decode((one.attributes["src"] or "").partition(",")[2]) for one in page.all("img")]
    return [Image.open(io.BytesIO(one)).size for one in data]


def test_the_same_content_makes_the_same_page() -> None:
    assert render_small(ordinary()) == render_small(ordinary())


def test_each_picture_is_there_as_it_is_and_in_every_column_in_order() -> None:
    page = tree(ordinary())
    assert [one.attributes["alt"] for one in page.all("img")] == [
        f"{name}, {caption}"
        for name in ("a.jpg", "deep/b.jpg", "c.jpg")
        for caption in ("original", "light rain a.jpg", "moderate rain (default)")
    ]
    assert sizes(page) == [(160, 90)] * 3 + [(90, 160)] * 3 + [(160, 90)] * 3


def test_the_structure_is_sound() -> None:
    page = tree(ordinary())
    levels = [int(one.tag[1]) for one in page.all() if re.fullmatch(r"h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.all():
        for key in ("aria-labelledby", "for", "data-copy"):
            assert key not in one.attributes or one.attributes[key] in ids
        if one.tag in {"a", "use"}:
            address = one.attributes["href"] or ""
            assert address.startswith("#"), address
            assert address[1:] in ids, address


def test_a_picture_leads_to_itself_large_and_from_there_to_its_neighbours_and_back() -> None:
    figure = tree(ordinary()).all("figure")[1]
    assert figure.attributes["id"] == "picture-1-1"
    assert figure.one("a", "frame").attributes["href"] == "#picture-1-1"
    steps = [one.attributes["href"] for one in figure.one("p", "steps").all("a")]
    assert steps == ["#picture-1-0", "#picture-1-2", "#cell-1-1"]


def test_each_column_has_its_words_and_its_command() -> None:
    page = tree(ordinary())
    words = [one.text for one in page.all("a", "words")]
    assert words == ["--water light", "no option needed"] * 3
    commands = [one.inside for one in page.all("code") if "tpsence" in one.text]
    assert commands[0] == ["tpsence augment \\\n    --labels 'my data/coco.json' \\\n    --out rainy --water light"]
    assert len(commands) == 2


def test_boxes_are_drawn_once_a_picture_and_used_in_each_column() -> None:
    page = tree(ordinary())
    assert len(page.all("g", "box")) == 3
    assert [one.attributes["href"] for one in page.all("use")] == ["#boxes-1"] * 2 + ["#boxes-3"] * 2
    assert [one.text for one in page.all("span", "key")] == ["car 2", "a.jpg 1"]


def test_without_boxes_there_is_no_switch_for_them() -> None:
    bare = replace(ordinary(), rows=ordinary().rows[1:2])
    page = tree(bare)
    assert not page.all("input")
    assert not page.all("svg")


def test_it_is_said_where_pictures_are_scaled_down_and_only_there() -> None:
    told = "They are scaled down for this page"
    content = ordinary()
    assert told not in tree(content).text
    large = [replace(row, size=(1600, 900)) for row in content.rows[:1]]
    assert told in tree(replace(content, rows=large)).text


def test_the_page_loads_nothing_and_only_its_own_script_and_style_run() -> None:
    text = render_small(ordinary())
    page = parse(text)
    assert "://" not in text
    assert not re.search(r"url\(|@import", text)
    for one in page.all():
        for key in one.attributes:
            assert key != "style", one.tag
            assert not key.startswith("on"), one.tag
    assert policy_of(page).attributes["content"] == own_alone(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_text_and_nothing_else(text: str) -> None:
    tame, hostile = tree(ordinary("x")), tree(ordinary(text))
    assert [one.tag for one in hostile.all()] == [one.tag for one in tame.all()]
    assert [list(one.attributes) for one in hostile.all()] == [list(one.attributes) for one in tame.all()]
    shown = " ".join(one_line(text).split())
    assert hostile.one("h1").text == shown
    body = render_small(ordinary(text)).partition("<body>")[2]
    assert all(char.isprintable() or char == "\n" for char in body)


@pytest.mark.parametrize("pictures", [2, 12, 60, 200])
def test_the_room_for_a_picture_gets_smaller_with_their_number(pictures: int) -> None:
    width, height = room_for((4000, 3000), pictures)
    assert max(width, height) <= LONGEST_SIDE
    assert width * height * pictures * 0.28 <= MOST_BYTES
    assert width / height == pytest.approx(4 / 3, rel=0.01)
    assert room_for((40, 30), pictures) == (40, 30)


def test_a_page_that_is_too_large_gets_smaller_pictures_and_keeps_all() -> None:
    content = replace(ordinary(), rows=[noisy((300, 200), 2)])
    whole = render_small(content)
    small = render_small(content, len(whole) // 2)
    assert len(small) < len(whole) // 2
    page = parse(small)
    assert len(page.all("img")) == 3
    assert all(30 < width < 300 for width, _ in sizes(page))
    shown = page.all("img")[0].attributes
    assert (shown["width"], shown["height"]) == tuple(map(str, sizes(page)[0]))
