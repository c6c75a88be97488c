"""Text files of lines as people and exporters write them: YOLO's objects, lists of pictures, names of classes."""

import random

from benchmarks.fuzzing.odd import ODD_NAMES, ODD_TEXTS

_LABELS = (
    "0 0.5 0.5 0.2 0.2",
    "0 0.5 0.5 0.2 0.2 0.9",
    "0.0 .5 5e-1 0.2 0.2",
    "0 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9",
    "0 nan inf -inf 1e999",
    "0 1.5 -0.5 2 2",
    "-1 0.5 0.5 0.2 0.2",
    "99999999999999999999 0.5 0.5 0.2 0.2",
    "car 0.5 0.5 0.2 0.2",
    "0,0.5,0.5,0.2,0.2",
    "0\t0.5\t0.5\t0.2\t0.2  ",
    "0 0,5 0,5 0,2 0,2",
    "0",
    "0 0.5",
    "# a comment",
    "\ufeff0 0.5 0.5 0.2 0.2",
    "\u0660 \u0660.\u0665 0.5 0.2 0.2",
    "0 " + "0.5 " * 3_000,
    "1_0 0.5 0.5 0.2 0.2",
    "0 0.5 0.5 0.2 0.2\x0c1 0.5 0.5 0.1 0.1",
    "0 0.5 0.5 0.2 0.2\x1c1 0.5 0.5 0.1 0.1",
    "0 0.5 0.5 0.2 0.2\r1 0.5 0.5 0.1 0.1",
    "",
)


def mutate_labels(draw: random.Random, text: str) -> str:
    """Change a line of objects."""
    return _changed(draw, text, (*_LABELS, *_LABELS, *ODD_TEXTS))


def mutate_list(draw: random.Random, text: str) -> str:
    """Change a line of a list of pictures or classes."""
    first = (text.splitlines() or [""])[0].strip()
    same = (f"./{first}", f"{first} ", first.replace("/", "\\"), f'"{first}"', f"{first} 1", f"{first},0", f"#{first}")
    return _changed(draw, text, (*ODD_NAMES, *ODD_TEXTS, *same, *same, first.upper(), ""))


def _changed(draw: random.Random, text: str, others: tuple[str, ...]) -> str:
    """Put in, take out, double or replace a line."""
    lines = text.splitlines()
    at = draw.randrange(len(lines) + 1)
    way = draw.randrange(4)
    if way == 0 or at == len(lines):
        lines.insert(at, draw.choice(others))
    elif way == 1:
        lines.insert(at, lines[at])
    elif way == 2:
        del lines[at]
    else:
        lines[at] = draw.choice(others)
    return draw.choice(("\n", "\n", "\r\n")).join(lines) + draw.choice(("\n", "\n", ""))
