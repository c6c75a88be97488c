"""The page holds everything, shows the numbers, and no text of the data becomes more than text."""

import base64
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from pipeline.files.text import one_line
from pipeline.pages.template import COLOURS
from pipeline.report.content import Category, Changes, Content
from pipeline.report.page import render
from tests.pipeline.pages.hostile import HOSTILE
from tests.pipeline.pages.html_tree import Element, own_alone, parse, policy_of
from tests.pipeline.report.contents import box, changes, crop, each_text, empty, ordinary, picture
from tpsence import __version__


def tree(content: Content) -> Element:
    return parse(render(content))


def section(page: Element, heading: str) -> Element:
    """Return the section with this id at its heading."""
    (found,) = [one for one in page.all("section") if one.attributes["aria-labelledby"] == heading]
    return found


def rows(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all() if cell.tag in {"th", "td"}] for row in table.all("tr")]


def test_the_same_content_makes_the_same_page() -> None:
    assert render(ordinary()) == render(ordinary())


@pytest.mark.parametrize("content", [ordinary(), empty()], ids=["ordinary", "empty"])
def test_the_structure_is_sound(content: Content) -> None:
    page = tree(content)
    levels = [int(one.tag[1]) for one in page.all() if re.fullmatch(r"h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.all():
        if "aria-labelledby" in one.attributes:
            assert one.attributes["aria-labelledby"] in ids
        if one.tag == "a" and (one.attributes["href"] or "").startswith("#"):
            assert (one.attributes["href"] or "").removeprefix("#") in ids
        if one.tag in {"input", "select", "dialog"}:
            named = one.attributes.get("aria-label") or one.attributes.get("type") == "checkbox"
            assert named, one
    for tag in ("header", "main", "footer", "nav", "title"):
        assert len(page.all(tag)) == 1 + (tag == "title") * len(page.all("", "box"))


def test_the_sections_stand_in_order() -> None:
    assert [one.text for one in tree(ordinary()).all("h2")] == [
        "Notes",
        "Stages",
        "How good it is",
        "Before and after",
        "Most changed boxes, worst first",
        "How much the boxes have changed",
        "Kept by class and size",
        "Change of colour",
        "Classes",
        "Left out",
        "The command that made it",
        "Settings",
    ]


def test_an_empty_report_says_what_there_is_not() -> None:
    page = tree(empty())
    assert not page.all("img")
    assert not page.all("table")
    assert "Stages" not in [one.text for one in page.all("h2")]
    for said in (
        "There is no picture to show.",
        "There is no box to show.",
        "There are no boxes.",
        "The labels have no classes.",
        "No picture was left out.",
        "No box could be judged.",
        "There is no picture to compare.",
        "It was not recorded.",
    ):
        assert said in page.one("main").text


def test_the_page_loads_nothing() -> None:
    page = render(ordinary())
    for one in parse(page).all():
        for key, value in one.attributes.items():
            if key in {"src", "href", "srcset", "data", "action", "poster", "xlink:href", "background"}:
                assert value is not None
                beside = one.tag == "a" and re.fullmatch(r"\./[\w%./~-]+", value)  # a link, to be followed by hand
                assert beside or value.startswith(("data:image/webp;base64,", "data:,", "#")), (one.tag, key)
    assert "://" not in page
    assert not re.search(r"url\(|@import", page)


def test_the_page_holds_no_script_and_no_style_but_its_own() -> None:
    page = tree(ordinary())
    assert len(page.all("script")) == len(page.all("style")) == 1
    for one in page.all():
        for key in one.attributes:
            assert key != "style", one.tag
            assert not key.startswith("on"), one.tag
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "setTimeout("):
        assert word not in page.one("script").text


def test_the_policy_allows_the_style_the_script_and_inlined_pictures_alone() -> None:
    page = tree(ordinary())
    policy = policy_of(page)
    assert policy.attributes["content"] == own_alone(page)
    order = [one for one in page.one("head").all() if one is policy or one.tag in {"style", "script", "link"}]
    assert order[0] is policy  # what stands before a policy is not bound by it


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_text_and_nothing_else(text: str) -> None:
    tame, hostile = (tree(each_text(ordinary(), lambda _, new=new: new)) for new in ("x", text))  # type: ignore[misc]
    assert [one.tag for one in hostile.all()] == [one.tag for one in tame.all()]
    assert [list(one.attributes) for one in hostile.all()] == [list(one.attributes) for one in tame.all()]
    shown = " ".join(one_line(text).split())
    assert hostile.one("h1").text == shown
    assert {one.text for one in hostile.all("bdi")} == {shown}
    for image in hostile.one("ul", "gallery").all("img"):
        assert " ".join((image.attributes["alt"] or "").split()).startswith(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_only_printable_characters_are_written(text: str) -> None:
    page = render(each_text(ordinary(), lambda _: text))
    page.encode()
    body = page.partition("<body>")[2]
    assert all(char.isprintable() or char == "\n" for char in body)


def test_pictures_are_in_the_page_once_and_the_rest_is_small() -> None:
    content = ordinary()
    page = render(content)
    pictures = [data for one in content.gallery for data in (one.before, one.after)]
    pictures += [data for crop in content.worst for data in (crop.before, crop.after)]
    sources = [one.attributes["src"] for one in parse(page).all("img")]
    assert sources == [f"data:image/webp;base64,{base64.b64encode(data).decode()}" for data in pictures]
    assert len(page) - sum(len(source or "") for source in sources) < 60_000


def test_each_picture_has_both_sides_its_boxes_and_a_slider() -> None:
    first, *_, last = tree(ordinary()).one("ul", "gallery").all("figure")
    assert [one.attributes["alt"] for one in first.all("img")] == ["a.jpg, before", "a.jpg, after"]
    assert [(one.attributes["width"], one.attributes["height"]) for one in last.all("img")] == [("180", "320")] * 2
    assert first.one("svg").attributes["viewbox"] == "0 0 320 180"
    assert first.one("svg").attributes["aria-label"] == "3 boxes, 1 flagged"
    assert last.one("svg").attributes["aria-label"] == "2 boxes"
    slider = first.one("input").attributes
    assert (slider["type"], slider["min"], slider["max"]) == ("range", "0", "100")
    assert "a.jpg" in (slider["aria-label"] or "")
    titles = {one.text for one in first.all("title")}
    assert titles == {"car: 90 % kept", "car: < 1 % kept, flagged", "person: 80 % kept"}
    assert "car: not judged" in {one.text for one in last.all("title")}


def test_a_box_stands_where_it_is_and_one_without_extent_is_seen() -> None:
    page = tree(ordinary())
    places = [tuple(one.attributes[key] for key in ("x", "y", "width", "height")) for one in page.all("rect", "line")]
    assert ("200.0", "20.0", "80.0", "79.5") in places
    assert ("10.0", "10.0", "1.0", "2.0") in places


def test_a_small_box_is_drawn_upon_a_large_one() -> None:
    small, large = box(0, 0.5, at=(50, 50, 60, 60)), box(1, 0.5, at=(0, 0, 300, 180))
    page = tree(replace(ordinary(), gallery=(picture("a.jpg", small, large),)))
    assert [one.attributes["data-class"] for one in page.all("g", "box")] == ["1", "0"]


def test_the_filters_have_the_classes_that_are_seen_the_most_frequent_first() -> None:
    chips = tree(ordinary()).one("fieldset").all("label")
    assert [chip.text for chip in chips] == ["car 3", "person 2", "bus 1"]


def test_the_classes_seen_most_often_have_different_colours_and_the_others_begin_again() -> None:
    number = COLOURS + 2
    categories = [Category(name=f"class {i}", annotations=i, measured=0, flagged=0) for i in range(number)]
    boxes = [box(i, 0.5) for i in range(number) for _ in range(i + 1)]
    page = tree(replace(ordinary(), categories=categories, gallery=(picture("a.jpg", *boxes),), worst=()))
    colours = [chip.one("span", "swatch").classes[1] for chip in page.one("fieldset").all("label")]
    assert colours == [f"c{rank % COLOURS}" for rank in range(number)]
    style = page.one("style").text
    assert re.findall(r"\.c(\d+) {", style) == [str(i) for i in range(COLOURS)]


def test_the_worst_boxes_say_what_and_where() -> None:
    part = section(tree(ordinary()), "worst")
    assert [one.attributes["alt"] for one in part.all("img")] == [
        "car in a.jpg, before",
        "car in a.jpg, after",
        "person in gone.jpg, before",
        "person in gone.jpg, after",
    ]
    assert part.all("figcaption")[0].text == (
        "car < 1 % kept flagged: structure, colour a.jpg x 200 to 280, y 20 to 100"
    )
    assert part.all("figcaption")[1].text == "person 60 % kept gone.jpg x 0 to 10, y 0 to 10"


@pytest.mark.parametrize(
    ("kept", "text"),
    [(0.0, "0 %"), (0.004, "< 1 %"), (0.006, "1 %"), (0.5, "50 %"), (0.994, "99 %"), (0.999, "> 99 %"), (1.0, "100 %")],
)
def test_a_share_that_is_not_quite_nothing_or_all_does_not_read_so(kept: float, text: str) -> None:
    page = tree(replace(ordinary(), gallery=(picture("a.jpg", box(0, kept)),)))
    assert page.one("g", "box").text == f"car: {text} kept"


def test_the_histogram_is_drawn_and_told() -> None:
    page = tree(replace(ordinary(), changes=changes((2000, 1, 0, 7), threshold=0.875, flagged=3)))
    part = section(page, "change")
    assert part.one("svg").attributes["aria-label"] == (
        "Histogram of the change of 2,008 boxes: 3 at or beyond the threshold of 88\N{NO-BREAK SPACE}%."
    )
    bars = part.one("svg").all("rect")
    assert ["flagged" in bar.classes for bar in bars] == [False, False, False, True]  # the last one is cut in two
    heights = [float(bar.attributes["height"] or 0) for bar in bars]
    assert heights[0] > 100 * heights[1]
    assert heights[1] > 1  # one box among thousands is seen
    assert heights[2] == heights[3]
    cut = float(bars[3].attributes["x"] or 0)
    assert float(bars[2].attributes["x"] or 0) + float(bars[2].attributes["width"] or 0) == pytest.approx(cut)
    assert rows(part.one("table"))[1:] == [
        ["0 to 25 %", "2,000"],
        ["25 to 50 %", "1"],
        ["50 to 75 %", "0"],
        ["75 to 100 %", "7"],
    ]


@pytest.mark.parametrize("most", [1, 2, 5, 6, 9, 10, 11, 49, 50, 51, 999, 123_456])
def test_the_histograms_axis_has_few_round_numbers_and_reaches_the_highest_bar(most: int) -> None:
    chart = tree(replace(ordinary(), changes=changes((most, 0)))).one("svg", "chart")
    ends = [one for one in chart.all("text") if one.attributes.get("text-anchor") == "end"]
    numbers = [int(one.text.replace(",", "")) for one in ends if re.fullmatch(r"[\d,]+", one.text)]
    assert numbers[0] == 0
    assert numbers[-1] >= most
    assert 2 <= len(numbers) <= 6


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_threshold_may_stand_at_an_end(threshold: float) -> None:
    chart = tree(replace(ordinary(), changes=changes((1, 2), threshold=threshold))).one("svg", "chart")
    assert [("flagged" in bar.classes) for bar in chart.all("rect")] == [threshold == 0] * 2


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        (
            changes(),
            "Measured on 40 of 100 pictures. 2 of 10 boxes (20 %) lost more than 75 % of the structure, the contrast "
            "or the colour and are",
        ),
        (replace(changes(), pictures=100), "Measured on all 100 pictures."),
        (replace(changes(), pictures=1, of_pictures=1), "Measured on 1 picture."),
        (
            replace(changes(), flagged=1),
            "1 of 10 boxes (10 %) lost more than 75 % of the structure, the contrast or the colour and is flagged:",
        ),
        (changes(), "the object may have vanished. 7 boxes were too small or too even to tell."),
        (replace(changes(), not_judged=1), "1 box was too small or too even to tell."),
        (changes((0, 0), flagged=0), "No box could be judged: 7 boxes were too small or too even to tell."),
        (replace(changes((), flagged=0), not_judged=0), "Measured on 40 of 100 pictures. No box could be judged."),
    ],
)
def test_the_sample_is_told(measured: Changes, text: str) -> None:
    assert text in section(tree(replace(ordinary(), changes=measured)), "change").text


def test_the_classes_have_their_numbers() -> None:
    table = section(tree(ordinary()), "classes").one("table")
    assert rows(table)[1:] == [
        ["car", "1,234", "6", "1", "17 %", ""],
        ["person", "20", "4", "1", "25 %", ""],
        ["bus", "3", "0", "0", "\N{EN DASH}", ""],
        ["train", "0", "0", "0", "\N{EN DASH}", ""],
    ]
    bars = [one.attributes["width"] for one in table.all("rect", "bar")]
    assert bars == ["16.7", "25.0", "0.0", "0.0"]


def test_a_class_that_no_picture_shows_has_no_colour() -> None:
    swatches = section(tree(ordinary()), "classes").all("span", "swatch")
    assert ["none" in one.classes for one in swatches] == [False, False, False, True]


def test_skips_are_counted_and_those_not_listed_are_told() -> None:
    part = section(tree(ordinary()), "skips")
    assert "1,201 pictures were left out;" in part.text
    assert rows(part.one("table"))[1:] == [["missing", "1,200"], ["truncated", "1"]]
    assert part.one("summary").text == "The first 2 pictures by name"
    assert [one.text for one in part.all("li")] == ["gone.jpg missing", "short.jpg truncated : ends after 7 bytes"]
    assert "1,199 more pictures are not listed here." in part.text


def test_when_all_skips_are_listed_none_are_more() -> None:
    part = section(tree(replace(ordinary(), skip_reasons=(("missing", 1), ("truncated", 1)))), "skips")
    assert part.one("summary").text == "2 pictures by name"
    assert "not listed" not in part.text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\N{EN DASH}"),
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (75.2, "1 min 15 s"),
        (7265.0, "2 h 01 min"),
    ],
)
def test_a_stage_says_how_long_it_took(seconds: float | None, text: str) -> None:
    stages = [replace(ordinary().stages[0], seconds=seconds)]
    table = section(tree(replace(ordinary(), stages=stages)), "stages").one("table")
    assert rows(table)[1] == ["segment", "not needed", text, "no training"]


def test_the_gallery_says_of_how_many_pictures_it_is() -> None:
    assert "4 of the 97 translated pictures." in section(tree(ordinary()), "pictures").text
    whole = section(tree(replace(ordinary(), gallery_of=4)), "pictures")
    assert "4 translated pictures, all there are." in whole.text


def test_facts_notes_settings_and_version_stand_in_the_page() -> None:
    page = tree(ordinary())
    assert page.one("header").one("dl").text == "Pictures 100 Translated 97"
    assert "The terms of the weights allow research only." in section(page, "notes").text
    assert section(page, "settings").one("details").one("dl").text == "suffix _rain seed 0"
    assert f"tpsence {__version__}." in page.one("footer").text


def test_what_is_kept_stands_by_class_and_size_and_by_what_is_lost() -> None:
    by_size, by_loss = section(tree(ordinary()), "kept").all("table")
    assert rows(by_size) == [
        ["Class", "small", "large", "all"],
        ["all classes", "90 % 0 of 4 flagged", "50 % 2 of 6 flagged (33 %)", "75 % 2 of 10 flagged (20 %)"],
        ["car", "90 % 0 of 1 flagged", "60 % 1 of 5 flagged (20 %)", "65 % 1 of 6 flagged (17 %)"],
        ["person", "95 % 0 of 3 flagged", "10 % 1 of 1 flagged (100 %)", "85 % 1 of 4 flagged (25 %)"],
    ]
    assert rows(by_loss)[1:] == [
        ["all classes", "75 % 1 of 10 lost it (10 %)", "\N{EN DASH}"],
        ["car", "65 % 1 of 6 lost it (17 %)", "\N{EN DASH}"],
    ]
    assert [one.classes for one in by_size.all("td")][:3] == [
        ["number", "heat0"],
        ["number", "heat4"],
        ["number", "heat3"],
    ]


def test_colours_say_how_far_they_turned_and_how_much_is_left() -> None:
    part = section(tree(ordinary()), "colour")
    assert "Measured on the 4 of 97 pictures that were read for this page." in part.text
    assert rows(part.one("table"))[1:] == [
        ["whole pictures", "4", "12.3°", "50 %"],
        ["car", "3", "2.0°", "110 %"],
        ["person", "2", "\N{EN DASH}", "\N{EN DASH}"],
    ]


def test_an_evaluation_stands_group_by_group_with_its_judgement() -> None:
    part = section(tree(ordinary()), "evaluation")
    assert rows(part.one("table"))[1:] == [
        ["Distance to real rain"],
        ["KID, translated", "0.0521 (0.0410 to 0.0630)", "97", "farther than untouched ones"],
        ["Hue kept"],
        ["hue turned by", "12.1°", "97", "farther than untouched ones"],
        ["hue turned by traffic light", "31.0° (28.0 to 34.5)", "97", "farther than untouched ones"],
    ]
    assert part.one("a").attributes["href"] == "./evaluation.csv"
    assert "Nothing was left out." in part.text
    assert not tree(replace(ordinary(), evaluation=None)).all("h2", "evaluation")


def test_a_command_stands_there_as_it_is_typed() -> None:
    part = section(tree(ordinary()), "command")
    (text,) = part.one("code").inside
    assert text == "tpsence augment \\\n    --labels 'my data/coco.json' \\\n    --out rainy"
    assert "Twice." in part.text


def test_a_box_leads_to_its_picture_in_the_gallery_or_else_to_the_file() -> None:
    page = tree(ordinary())
    shown, other = section(page, "worst").one("ol").all("a")
    assert shown.attributes["href"] == "#picture-1"
    assert page.one("ul", "gallery").all("li")[0].attributes["id"] == "picture-1"
    place = shown.attributes["data-place"]
    titles = [
        one.text for one in page.one("ul", "gallery").all("li")[0].all("g") if one.attributes["data-place"] == place
    ]
    assert titles == ["car: < 1 % kept, flagged"]
    assert other.attributes["href"] == "./rain/gone.jpg"
    links = [one.attributes["href"] for one in page.one("ul", "gallery").all("a")]
    assert links == ["./rain/a.jpg", "./rain/sub/b.jpg", "./rain/c.jpg", "./rain/d.jpg"]
    assert section(page, "worst").all("a")[0].attributes["href"] == "./boxes.csv"


@pytest.mark.parametrize("file", ["../x.jpg", "//host/x.jpg"])
def test_without_an_address_there_is_a_name_and_no_link(file: str) -> None:
    content = ordinary()
    page = tree(
        replace(
            content,
            worst=[replace(crop("x.jpg", 0, 0.5), file=file)],
            gallery=[replace(content.gallery[0], file=file + "2")],
            boxes_file=file,
        )
    )
    assert not section(page, "worst").all("a")
    assert not section(page, "pictures").all("a")
    assert "x.jpg" in section(page, "worst").text
