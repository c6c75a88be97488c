"""Contents of previews for the tests."""

import numpy as np
from PIL import Image

from pipeline.images.size import Size
from pipeline.preview.content import Content, Heading, Row, ShownBox

COLOURS = ("#406080", "#708090", "#909aa0")
BOX = (10.0, 10.0, 60.0, 50.0)


def row(name: str, *boxes: ShownBox, size: Size = (160, 90), columns: int = 2) -> Row:
    """Return a picture of even colours, which differ by column."""
    pictures = [Image.new("RGB", size, COLOURS[number % len(COLOURS)]) for number in range(columns + 1)]
    return Row(name=name, size=size, original=pictures[0], made=pictures[1:], boxes=boxes)


def noisy(size: Size, columns: int) -> Row:
    """Return a picture that cannot be made small."""
    drawn = np.random.default_rng(0).integers(0, 256, (columns + 1, size[1], size[0], 3), dtype=np.uint8)
    pictures = [Image.fromarray(one) for one in drawn]
    return Row(name="noise.png", size=size, original=pictures[0], made=pictures[1:], boxes=())


def heading(caption: str, words: str) -> Heading:
    """Return what a column is."""
    command = ["tpsence augment \\", "    --labels 'my data/coco.json' \\", f"    --out rainy {words}".rstrip()]
    return Heading(caption=caption, words=words, command=command)


def ordinary(text: str = "a.jpg") -> Content:
    """Return three pictures in two columns.

    Args:
        text: What stands wherever a text is of unknown origin.
    """
    boxes = [ShownBox(box=BOX, category=text), ShownBox(box=(0.0, 0.0, 8.0, 8.0), category="car")]
    return Content(
        title=text,
        facts=[("Pictures", "2 of 7"), (text, text)],
        notes=[text],
        terms=[text],
        headings=[heading(f"light rain {text}", "--water light"), heading("moderate rain (default)", "")],
        rows=[row(text, *boxes), row("deep/b.jpg", size=(90, 160)), row("c.jpg", boxes[1])],
        is_single=False,
    )
