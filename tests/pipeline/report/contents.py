"""Contents of reports for the tests: an ordinary one, an empty one, and any with other texts in it."""

import dataclasses
import io
from collections.abc import Callable
from typing import TypeVar, cast

from PIL import Image

from pipeline.report.content import Category, Changes, Content, ShownBox, ShownCrop, ShownPicture, ShownSkip, ShownStage
from pipeline.report.content_tables import (
    ColourRow,
    Colours,
    KeptCell,
    KeptRow,
    KeptTable,
    ShownCommand,
    ShownEvaluation,
    ShownFigure,
)
from tests.pipeline.pages.hostile import HOSTILE

T = TypeVar("T")


def webp(size: tuple[int, int], colour: str) -> bytes:
    """Return a picture of (W, H) pixels in one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "WEBP")
    return buffer.getvalue()


def box(
    category: int,
    kept: float | None,
    *,
    flagged: bool = False,
    at: tuple[float, float, float, float] = (40, 40, 90, 80),
    place: int = 0,
) -> ShownBox:
    """Return a box of the gallery."""
    return ShownBox(box=at, category=category, kept=kept, flagged=flagged, place=place)


def crop(
    name: str,
    category: int,
    kept: float,
    at: tuple[float, float, float, float] = (200.4, 20, 280, 99.6),
    lost: tuple[str, ...] = (),
    place: int = 0,
) -> ShownCrop:
    """Return a box that is shown alone."""
    return ShownCrop(
        name=name,
        file=f"rain/{name}",
        place=place,
        category=category,
        box=at,
        kept=kept,
        lost=lost,
        size=(30, 20),
        before=webp((30, 20), "gold"),
        after=webp((30, 20), "navy"),
    )


def picture(name: str, *boxes: ShownBox, size: tuple[int, int] = (320, 180)) -> ShownPicture:
    """Return a picture of the gallery, yellow before and navy after."""
    shown = (size[0] // 2, size[1] // 2)
    return ShownPicture(
        name=name,
        file=f"rain/{name}",
        size=size,
        before=webp(shown, "gold"),
        after=webp(shown, "navy"),
        boxes=boxes,
    )


def cell(judged: int, flagged: int, kept: float | None) -> KeptCell:
    """Return a cell of a table of what is kept."""
    return KeptCell(judged=judged, flagged=flagged, kept=kept)


def evaluation() -> ShownEvaluation:
    """Three figures of two groups."""
    return ShownEvaluation(
        figures=(
            _figure("Distance to real rain", "KID, translated", "", "0.0521 (0.0410 to 0.0630)"),
            _figure("Hue kept", "hue turned by", "", "12.1°"),
            _figure("Hue kept", "hue turned by", "traffic light", "31.0° (28.0 to 34.5)"),
        ),
        left_out=0,
        notes=("Nothing was left out.",),
        pictures=97,
        of_pictures=97,
        finished="2026-01-02 03:04:05 UTC",
        file="evaluation.csv",
    )


def _figure(group: str, name: str, category: str, value: str) -> ShownFigure:
    """Return a figure of an evaluation."""
    return ShownFigure(
        group=group, name=name, category=category, value=value, pictures=97, judgement="farther than untouched ones"
    )


def changes(counts: tuple[int, ...] = (5, 3, 0, 2), threshold: float = 0.75, flagged: int = 2) -> Changes:
    """Return a histogram; its boxes come from 40 of 100 pictures."""
    return Changes(
        counts=counts,
        threshold=threshold,
        judged=sum(counts),
        flagged=flagged,
        not_judged=7,
        pictures=40,
        of_pictures=100,
    )


def ordinary() -> Content:
    """Four pictures: of two classes, of one, with no box, of two classes of which one is seen there alone."""
    return Content(
        title="my dataset",
        facts=(("Pictures", "100"), ("Translated", "97")),
        notes=("The terms of the weights allow research only.",),
        settings=(("suffix", "_rain"), ("seed", "0")),
        command=ShownCommand(
            lines=("tpsence augment \\", "    --labels 'my data/coco.json' \\", "    --out rainy"), note="Twice."
        ),
        stages=(
            ShownStage(name="segment", state="not needed", seconds=None, about="no training"),
            ShownStage(name="augment", state="done", seconds=75.2, about="97 pictures"),
        ),
        skip_reasons=(("missing", 1200), ("truncated", 1)),
        skips=(
            ShownSkip(name="gone.jpg", reason="missing", detail=""),
            ShownSkip(name="short.jpg", reason="truncated", detail="ends after 7 bytes"),
        ),
        categories=(
            Category(name="car", annotations=1234, measured=6, flagged=1),
            Category(name="person", annotations=20, measured=4, flagged=1),
            Category(name="bus", annotations=3, measured=0, flagged=0),
            Category(name="train", annotations=0, measured=0, flagged=0),
        ),
        changes=changes(),
        by_size=KeptTable(
            columns=("small", "large", "all"),
            rows=(
                KeptRow(category=None, name="all classes", cells=(cell(4, 0, 0.9), cell(6, 2, 0.5), cell(10, 2, 0.75))),
                KeptRow(category=0, name="car", cells=(cell(1, 0, 0.9), cell(5, 1, 0.6), cell(6, 1, 0.65))),
                KeptRow(category=1, name="person", cells=(cell(3, 0, 0.95), cell(1, 1, 0.1), cell(4, 1, 0.85))),
            ),
        ),
        by_loss=KeptTable(
            columns=("structure", "colour"),
            rows=(
                KeptRow(category=None, name="all classes", cells=(cell(10, 1, 0.75), cell(0, 0, None))),
                KeptRow(category=0, name="car", cells=(cell(6, 1, 0.65), cell(0, 0, None))),
            ),
        ),
        colours=Colours(
            rows=(
                ColourRow(category=None, name="whole pictures", number=4, change=12.34, chroma=0.5),
                ColourRow(category=0, name="car", number=3, change=2.0, chroma=1.1),
                ColourRow(category=1, name="person", number=2, change=None, chroma=None),
            ),
            pictures=4,
            of_pictures=97,
        ),
        evaluation=evaluation(),
        boxes_file="boxes.csv",
        worst=(
            crop("a.jpg", 0, 0.004, lost=("structure", "colour"), place=1),
            crop("gone.jpg", 1, 0.6, at=(0, 0, 10, 10)),
        ),
        gallery=(
            picture("a.jpg", box(0, 0.9), box(0, 0.004, flagged=True, at=(200, 20, 280, 99.5), place=1), box(1, 0.8)),
            picture("sub/b.jpg", box(1, 0.1, flagged=True)),
            picture("c.jpg"),
            picture("d.jpg", box(0, None, at=(10, 10, 10, 12)), box(2, 0.7), size=(180, 320)),
        ),
        gallery_of=97,
    )


def empty() -> Content:
    """Nothing was translated and nothing has boxes."""
    return Content(
        title="nothing",
        facts=(),
        notes=(),
        settings=(),
        command=None,
        stages=(),
        skip_reasons=(),
        skips=(),
        categories=(),
        changes=None,
        by_size=None,
        by_loss=None,
        colours=None,
        evaluation=None,
        boxes_file=None,
        worst=(),
        gallery=(),
        gallery_of=0,
    )


def hostile() -> Content:
    """A picture, a class, a skip and a setting of each hostile name."""
    return dataclasses.replace(
        each_text(ordinary(), lambda _: HOSTILE[0] + HOSTILE[1]),
        categories=tuple(Category(name=text, annotations=1, measured=1, flagged=1) for text in HOSTILE),
        gallery=tuple(picture(text, box(number, 0.5)) for number, text in enumerate(HOSTILE)),
        skips=tuple(ShownSkip(name=text, reason=text, detail=text) for text in HOSTILE),
        settings=tuple((text, text) for text in HOSTILE),
    )


def each_text(value: T, change: Callable[[str], str]) -> T:
    """Return a copy in which each text is another one."""
    if isinstance(value, str):
        return cast("T", change(value))
    if isinstance(value, tuple):
        return cast("T", tuple(each_text(one, change) for one in value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: each_text(getattr(value, field.name), change) for field in dataclasses.fields(value)}
        return cast("T", dataclasses.replace(value, **fields))
    return value
