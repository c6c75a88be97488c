"""A ``data.yaml`` as exporters, people and attackers write it."""

import random

from benchmarks.fuzzing.odd import ODD_NAMES, ODD_TEXTS

_VALUES = (
    "",
    "null",
    "~",
    "[]",
    "{}",
    "{a: b}",
    "{path: /tmp}",
    "[images/train, images/val]",
    "[images/train, [images/val]]",
    "!!str images/train",
    "!!python/object/apply:os.system ['true']",
    "!!binary aGVsbG8=",
    "!!set {a, b}",
    "!!timestamp 2001-12-14",
    "!!float 1",
    "!unknown x",
    "2001-01-01",
    "2001-99-99",
    "12:30:45",
    "59:59:59:59:59",
    "0o17",
    "0x1F",
    "1_000",
    "1e3",
    ".inf",
    ".nan",
    "yes",
    "&x images/train",
    "*x",
    "'images/train'",
    '"images\\/train"',
    '"images/train\\0"',
    "|\n  images/train",
    ">-\n  images/train\n",
    "./images/train",
    "../images/train",
    "images/train/",
    "images\\train",
    "images/*",
    "images/none",
    "images/train # the pictures",
    "train.txt",
    "./train.txt",
    "9" * 5_000,
    "[" * 400 + "]" * 400,
    "[" * 10_000,
    "{a: " * 300 + "1" + "}" * 300,
    "x" * 5_000,
)
_LINES = (
    "<<: {path: /tmp}",
    "<<: {train: images/val}",
    "<<: [{names: [x]}, {nc: 9}]",
    "path: .",
    "path: ..",
    "path: images",
    "path: /",
    "train: images/val",
    "train: images/train",
    "test: images/val",
    "nc: many",
    "kpt_shape: [17, 3]",
    "names: {0: car, 1: bus}",
    "names: {'0': car, one: bus}",
    "names: car",
    "? [a, b]\n: c",
    "? train\n: images/val",
    "1: 2",
    "null: x",
    "a: &a [1, 2]",
    "b: *a",
    "---",
    "...",
    "- a",
    "%YAML 1.1",
    "# a comment",
    "\tx: y",
    "download: |\n  import os\n  os.system('true')",
    "names:\n" + "".join(f"  {number}: class {number}\n" for number in range(2_000)),
)


def mutate_yaml(draw: random.Random, text: str) -> str:
    """Change one place of a file."""
    lines = text.splitlines()
    keyed = [place for place, line in enumerate(lines) if line and line[0] not in " -#" and ":" in line]
    way = draw.randrange(7)
    at = draw.choice(keyed) if keyed else 0
    if way in {0, 1} and keyed:
        value = draw.choice((*_VALUES, *_VALUES, *ODD_TEXTS, *ODD_NAMES)).replace("\0", "")
        lines[at] = lines[at].partition(":")[0] + ": " + value
    elif way in {2, 3}:
        lines.insert(draw.randrange(len(lines) + 1), draw.choice(_LINES))
    elif way == 4 and keyed:
        lines.insert(draw.randrange(len(lines) + 1), lines[at])
    elif way == 5 and keyed:
        key, _, value = lines[at].partition(":")
        lines[at] = draw.choice(
            (f'"{key}":{value}', f"{key} :{value}", f"{key.upper()}:{value}", f"{key}:{value.strip()}")
        )
    elif lines:
        del lines[draw.randrange(len(lines))]
    return "\n".join(lines) + draw.choice(("\n", "\n", "", "\n\n"))
