"""Scalabel JSON, the format of BDD100K: the parsed file goes out with nothing changed but file names.

Format: https://doc.scalabel.com/format.html. A file is a list of frames, or an object with the list ``frames``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.images.size import Size
from pipeline.labels.coco import stated_size
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.hints.what_is import not_labels
from pipeline.labels.hints.what_json import told_by_json
from pipeline.labels.image_root import Stated, find_pictures
from pipeline.labels.interface import LabelledObject, LabelSet, Marks, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json, JsonFile, identical
from pipeline.labels.json_labels import AS_JSON, JsonLabels, Records
from pipeline.labels.json_marks import marked, prove, prove_marked
from pipeline.labels.json_names import Output, offsets, shifted
from pipeline.labels.outlines import outline_of_scalabel
from pipeline.labels.values import corners, id_of


class ScalabelLabels(JsonLabels):
    """A Scalabel label file.

    Args:
        path: The file.
        source: Its content.
        images: The folder that ``name`` (for videos ``videoName/name``) is relative to, or None to look for it.
        follow_links: Pictures are read through links that lead out of it.

    Raises:
        LabelError: The file is not Scalabel JSON, or its pictures are not found.
        UnsafeNameError: A file name leaves its folder.
    """

    format = "scalabel"
    records_key = "frames"

    def __init__(self, path: Path, source: JsonFile, images: Path | None, *, follow_links: bool = False) -> None:
        frames = _frames(source.tree, path)
        if not frames:
            raise LabelError(f"{path}: no frames", "There is nothing to translate.")
        stated = [
            Stated(frame["name"], f"{path}: frames[{index}]", frame.get("videoName"))
            for index, frame in enumerate(frames)
        ]
        root, names = find_pictures(path, stated, images)
        default = _default_size(source.tree)
        counts = [len(_labels(frame)) for frame in frames]
        annotations = Counter[str]()
        for name, number in zip(names, counts, strict=True):
            annotations[name] += number
        found = Records(
            root=root,
            names=names,
            sizes=[_frame_size(frame) or default for frame in frames],
            annotations=annotations,
            inventory=Inventory(annotations=sum(counts), files=1),
        )
        super().__init__(path, source.sha256, found, follow_links=follow_links)

    def _by_picture(self, tree: Json) -> Mapping[str, Sequence[Json]]:
        """Return the labels by the name of their frame."""
        found: dict[str, list[Json]] = {}
        for name, frame in zip(self._names, _frames(tree, self.path), strict=True):
            found.setdefault(name, []).extend(_labels(frame))
        return found

    def _object(self, record: Json) -> LabelledObject:
        """Read one label."""
        if not isinstance(record, dict):
            return LabelledObject("no class", None)
        box = record.get("box2d")
        ends = corners(*map(box.get, ("x1", "y1", "x2", "y2"))) if isinstance(box, dict) else None
        return LabelledObject(str(record.get("category", "no class")), ends, id=id_of(record.get("id")))

    def _outline(self, record: Json) -> Outline:
        """Read the closed polygons of one label; RLE is left out and the box stands."""
        return outline_of_scalabel(record.get("poly2d"), record.get("category")) if isinstance(record, dict) else ()

    def _filtered(self, tree: Json, kept: Mapping[str, str], marks: Marks, output: Output) -> Json:
        """Return the tree with the kept frames, renamed."""
        sources = _frames(tree, self.path)
        with_marks = [
            _with_marks(frame, shares, drop=marks.drop) for frame, shares in self._with_shares(sources, marks)
        ]
        frames = self._kept_records(with_marks, kept, output)
        return frames if isinstance(tree, list) else {**tree, "frames": frames}

    def _with_shares(self, frames: Sequence[Json], marks: Marks) -> Iterator[tuple[Json, Mapping[int, float]]]:
        """Yield the frames with what is marked among their own labels: a picture may have more than one frame."""
        counts = [len(_labels(frame)) for frame in frames]
        starts = offsets(self._names, counts)
        for frame, name, start, number in zip(frames, self._names, starts, counts, strict=True):
            yield frame, shifted(marks.of(name), start, number)

    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], marks: Marks, target: Path) -> Proof:
        """Compare what was written with the source, frame by frame."""
        prove(type(source) is type(written), target, "types")
        if isinstance(source, dict):
            rest = {key: value for key, value in source.items() if key != "frames"}
            copied = {key: value for key, value in written.items() if key != "frames"}
            prove(list(source) == list(written) and identical(rest, copied), target, "top-level keys")
        frames = _frames(written, target)
        sources = _frames(source, self.path)
        pairs = zip(self._with_shares(sources, marks), self._names, strict=True)
        present = [pair for pair, name in pairs if name in kept]
        prove(len(frames) == len(present), target, "picture records")
        restored = [
            _without_marks(frame, copy, shares, drop=marks.drop, target=target)
            for (frame, shares), copy in zip(present, frames, strict=True)
        ]
        self._prove_records(sources, restored, kept, target)
        annotations = sum(len(_labels(frame)) for frame in frames)
        return Proof(files=1, pictures=len(frames), annotations=annotations, how=AS_JSON)


def _labels(frame: Json) -> list[Json]:
    """The labels of a frame, which may have none."""
    labels = frame.get("labels") if isinstance(frame, dict) else None
    return labels if isinstance(labels, list) else []


def _with_marks(frame: Json, shares: Mapping[int, float], *, drop: bool) -> Json:
    """Return a frame with some of its labels marked or left out; the frame itself where there are none."""
    if not shares:
        return frame
    labels = [
        marked(label, shares[place]) if place in shares else label
        for place, label in enumerate(_labels(frame))
        if not (drop and place in shares)
    ]
    return {**frame, "labels": labels}


def _without_marks(source: Json, copy: Json, shares: Mapping[int, float], *, drop: bool, target: Path) -> Json:
    """Check the marks of a written frame, and return it with the labels of its source in their place.

    Raises:
        ProofError: A label was marked or dropped that should not be, or the reverse.
    """
    if not shares:
        return copy
    before, after = _labels(source), _labels(copy)
    prove(len(after) == len(before) - (len(shares) if drop else 0), target, "labels")
    left = iter(after)
    restored = []
    for place, label in enumerate(before):
        if place not in shares:
            restored.append(next(left))
            continue
        if not drop:
            prove_marked(label, next(left), shares[place], target)
        restored.append(label)
    return {**copy, "labels": restored}


def _frames(tree: Json, path: Path) -> list[Json]:
    """The frames of a Scalabel tree."""
    frames = tree.get("frames") if isinstance(tree, dict) else tree
    if (error := not_labels(path, tree)) is not None:
        raise error
    if not isinstance(frames, list):
        raise LabelError(f"{path}: no list of frames: not Scalabel JSON", "Name the format with `format`.")
    for index, frame in enumerate(frames):
        if not isinstance(frame, dict) or "name" not in frame:
            raise LabelError(f"{path}: frames[{index}] has no 'name'", "Correct the entry, or remove it.")
    return frames


def _frame_size(frame: Json) -> Size | None:
    """(W, H) that one frame states."""
    size = frame.get("size")
    return stated_size(size) if isinstance(size, dict) else None


def _default_size(tree: Json) -> Size | None:
    """(W, H) that the file states for all frames, in ``config.imageSize`` or as older files do in ``config``."""
    config = tree.get("config") if isinstance(tree, dict) else None
    size = config.get("imageSize", config) if isinstance(config, dict) else None
    return stated_size(size) if isinstance(size, dict) else None


def _recognise(place: Place) -> bool:
    """Tell whether a JSON file is a list, or has frames at its top and is not COCO."""
    tree = place.tree
    if isinstance(tree, dict):
        return "frames" in tree and "images" not in tree and told_by_json(tree) is None
    return isinstance(tree, list) and told_by_json(tree) is None


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a Scalabel file."""
    return ScalabelLabels(place.path, place.json_file(), images, follow_links=place.follow_links)


SCALABEL = LabelFormat(
    name=ScalabelLabels.format,
    title="Scalabel",
    json_top="a list of frames",
    extensions=(".json",),
    recognise=_recognise,
    open_set=_open,
)
