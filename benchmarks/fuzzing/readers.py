"""What others read of a data set: plain json, yaml, ElementTree and lines, none of the project's own code.

Each function says how the output differs from what the source and what was asked for let expect; an exception says that
the source cannot be read by such means, and nothing can be compared.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

_OURS = ("tpsence_vanished", "tpsence_kept")
_SPLITS = ("train", "val", "test", "minival")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for."""

    source: Path
    """The folder of the data set."""
    out: Path
    labels: str
    """The label file or folder, below both."""
    dropped: frozenset[str]
    """Pictures left out, by their names."""
    suffix: str
    marked: Mapping[str, frozenset[int]]
    """Places of annotations that are marked or left out, by the picture's name."""
    leaves_out: bool
    """Marked annotations are left out."""

    def renamed(self, name: str) -> str:
        """Return what a picture is called in the output."""
        stem, extension = os.path.splitext(name)  # noqa: PTH122 (a POSIX path of the data set)
        return stem + self.suffix + extension


def coco_differences(asked: Asked) -> Iterator[str]:
    """Compare COCO files."""
    before, after = (json_of(folder / asked.labels) for folder in (asked.source, asked.out))
    gone = [record["id"] for record in before["images"] if record["file_name"] in asked.dropped]
    places = {record["id"]: asked.marked.get(record["file_name"], frozenset()) for record in before["images"]}
    expected = dict(before)
    expected["images"] = [
        {**record, "file_name": asked.renamed(record["file_name"])}
        for record in before["images"]
        if record["file_name"] not in asked.dropped
    ]
    annotations = before.get("annotations")
    if isinstance(annotations, list):
        counts: dict[Any, int] = {}
        expected["annotations"] = []
        for one in annotations:
            owner = one.get("image_id") if isinstance(one, dict) else None
            owner = owner if isinstance(owner, int | float | str) else None
            if owner in gone:
                continue
            place = counts[owner] = counts.get(owner, -1) + 1
            if not (asked.leaves_out and place in places.get(owner, ())):
                expected["annotations"].append(one)
        yield from _unattached(before)
    if form(bare(expected)) != form(bare(after)):
        yield "COCO: what is read differs"


def scalabel_differences(asked: Asked) -> Iterator[str]:
    """Compare Scalabel files."""
    before, after = (json_of(folder / asked.labels) for folder in (asked.source, asked.out))
    frames = before["frames"] if isinstance(before, dict) else before
    expected = []
    for frame in frames:
        name = frame["name"]
        full = f"{frame['videoName']}/{name}" if frame.get("videoName") else name
        if not {name, full} & asked.dropped:
            places = asked.marked.get(name, asked.marked.get(full, frozenset())) if asked.leaves_out else frozenset()
            kept = dict(frame, name=asked.renamed(name))
            if places:
                kept["labels"] = [one for place, one in enumerate(frame["labels"]) if place not in places]
            expected.append(kept)
    whole = {**before, "frames": expected} if isinstance(before, dict) else expected
    if form(bare(whole)) != form(bare(after)):
        yield "Scalabel: what is read differs"


def yolo_differences(asked: Asked) -> Iterator[str]:
    """Compare YOLO data sets: of a ``data.yaml``, or of a folder of text files."""
    if asked.labels.endswith((".yaml", ".yml")):
        before, after = (_yaml_set(folder / asked.labels, folder) for folder in (asked.source, asked.out))
        if before[1] != after[1]:
            yield "data.yaml: classes or other keys differ"
    else:
        before, after = (({"": _text_set(folder)}, "") for folder in (asked.source, asked.out))
    for split, texts in before[0].items():
        expected = {asked.renamed(name): text for name, text in texts.items() if name not in asked.dropped}
        found = after[0].get(split, {})
        if missing := sorted(expected.keys() - found.keys()):
            yield f"YOLO {split}: a picture is not found in the output: {missing[0]!r}"
        names = {asked.renamed(name): name for name in texts}
        for name in sorted(expected.keys() & found.keys()):
            left_out = asked.marked.get(names[name], frozenset()) if asked.leaves_out else frozenset()
            if _lines(expected[name], left_out) != _lines(found[name], frozenset()):
                yield f"YOLO {split}: the lines of a picture differ"


def voc_differences(asked: Asked) -> Iterator[str]:
    """Compare VOC annotations and the lists of splits."""
    yield from voc_annotation_differences(asked)
    stems = voc_stems(asked)
    gone = {stem for stem, name in stems.items() if name in asked.dropped}
    for file in sorted((asked.source / "ImageSets").rglob("*.txt")):
        expected = [
            [words[0] + (asked.suffix if words[0] in stems else ""), *words[1:]]
            for words in list_lines(file)
            if words[0] not in gone
        ]
        if list_lines(asked.out / file.relative_to(asked.source)) != expected:
            yield "VOC: a list of a split differs"


def voc_stems(asked: Asked) -> dict[str, str]:
    """Return the pictures of a VOC data set by their stems, those that are not there among them."""
    pictures = asked.source / "JPEGImages"
    there = [one.relative_to(pictures).as_posix() for one in sorted(pictures.rglob("*")) if one.is_file()]
    return {os.path.splitext(name)[0]: name for name in [*sorted(asked.dropped), *there]}  # noqa: PTH122


def voc_annotation_differences(asked: Asked) -> Iterator[str]:
    """Compare VOC annotations alone."""
    for stem, name in voc_stems(asked).items():
        file = asked.source / asked.labels / f"{stem}.xml"
        if name in asked.dropped or not file.is_file():
            continue
        copy = asked.out / asked.labels / f"{stem}{asked.suffix}.xml"
        before, after = ElementTree.parse(file).getroot(), copy.is_file() and ElementTree.parse(copy).getroot()  # noqa: S314
        if after is False:
            yield f"VOC: the annotation of {name!r} is not there"
            continue
        if asked.leaves_out:
            for place, element in enumerate(before.findall("object")):
                if place in asked.marked.get(name, ()):
                    before.remove(element)
        if _elements(before) != _elements(after):
            yield "VOC: elements differ"


def list_lines(file: Path) -> list[list[str]]:
    """Return the words of each line of a list that has any."""
    return [words for line in _split(file.read_text("utf-8")) if (words := _words(line))]


def _words(line: str) -> list[str]:
    """Take a line apart at ASCII's white space: other kinds may stand in a name."""
    return [word.decode() for word in line.encode().split()]


def json_of(file: Path) -> Any:  # noqa: ANN401 (JSON)
    """Parse a file as most do."""
    return json.loads(file.read_bytes())


def form(value: object) -> str:
    """A text that tells types, order and every digit."""
    return json.dumps(value)


def bare(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a tree without marks, and without ``attributes`` that hold nothing else."""
    if isinstance(value, list):
        return [bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    rest = {key: bare(one) for key, one in value.items() if key not in _OURS}
    return {key: one for key, one in rest.items() if key != "attributes" or one}


def _unattached(tree: Mapping[str, Any]) -> Iterator[str]:
    """Say so where there are annotations, and none belongs to a picture."""
    ids = [record["id"] for record in tree["images"]]
    owners = [one.get("image_id") for one in tree["annotations"] if isinstance(one, dict)]
    if owners and ids and not any(owner in ids for owner in owners):
        yield "COCO: no annotation belongs to a picture"


def _yaml_set(file: Path, root: Path) -> tuple[dict[str, dict[str, bytes]], str]:
    """Read a data set as ultralytics does: text files by split and picture, and a text of everything else."""
    content = yaml.safe_load(file.read_text("utf-8", errors="ignore"))
    base = Path(file.parent / (content.get("path") or "."))
    if not base.exists():
        base = file.parent
    splits = {}
    for key in _SPLITS:
        if content.get(key):
            entries = content[key] if isinstance(content[key], list) else [content[key]]
            splits[key] = {name: text for entry in entries for name, text in _split_set(base, entry, root)}
    rest = [(key, value) for key, value in content.items() if key not in {"path", *_SPLITS}]
    return splits, repr(rest)


def _split_set(base: Path, entry: str, root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a split with what their text files hold."""
    place = base / entry
    if not place.exists() and entry.startswith("../"):
        place = base / entry[3:]
    if not place.exists():
        return
    if place.is_dir():
        pictures = [one for one in place.rglob("*") if one.is_file() and one.suffix.lower() == ".png"]
    else:
        lines = [line.strip() for line in _split(place.read_text("utf-8")) if line.strip()]
        pictures = [(place.parent if line.startswith("./") else base) / line for line in lines]
    for one in pictures:
        name = os.path.relpath(one, root)
        folder, _, rest = f"/{name}".rpartition("/images/")
        stem = os.path.splitext(f"{folder}/labels/{rest}" if folder or name.startswith("images/") else f"/{name}")[0]  # noqa: PTH122
        text = root / f"{stem[1:]}.txt"
        if one.is_file():
            yield name, text.read_bytes() if text.is_file() else b""


def _text_set(root: Path) -> dict[str, bytes]:
    """Read a folder of text files beside ``images``, by picture."""
    found = {}
    for one in (root / "images").rglob("*"):
        name = one.relative_to(root / "images").as_posix()
        text = root / "labels" / f"{os.path.splitext(name)[0]}.txt"  # noqa: PTH122
        if one.is_file() and one.suffix.lower() == ".png":
            found[name] = text.read_bytes() if text.is_file() else b""
    return found


def _lines(content: bytes, left_out: frozenset[int]) -> list[list[bytes]]:
    """The words of the lines that say something, but for some."""
    lines = [words for line in content.replace(b"\r", b"\n").split(b"\n") if (words := line.split())]
    return [words for place, words in enumerate(lines) if place not in left_out]


def _split(text: str) -> list[str]:
    """The lines of a text, as a file is read line by line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")


def _elements(root: ElementTree.Element) -> list[tuple[str, dict[str, str], str]]:
    """Every element with its text, without marks and the name of the file."""
    for holder in [one for one in root.iter() if one.find("attributes") is not None]:
        for attributes in holder.findall("attributes"):
            for one in attributes.findall("attribute"):
                if one.findtext("name") in _OURS:
                    attributes.remove(one)
            if not len(attributes) and not (attributes.text or "").strip():
                holder.remove(attributes)
    return [(one.tag, one.attrib, "" if one.tag == "filename" else (one.text or "").strip()) for one in root.iter()]
