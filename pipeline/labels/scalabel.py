"""Scalabel JSON, the format of BDD100K: the parsed file goes out with nothing changed but file names.

Format: https://doc.scalabel.com/format.html. A file is a list of frames, or an object with the list ``frames``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.images.size import Size
from pipeline.labels.coco_records import stated_size
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.hints.what_is import not_labels
from pipeline.labels.hints.what_json import told_by_json
from pipeline.labels.image_root import Stated, find_pictures
from pipeline.labels.interface import NO_CLASS, LabelledObject, LabelSet, Marks, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json, JsonFile, identical
from pipeline.labels.json_ids import Ids, prove_distinct
from pipeline.labels.json_labels import AS_JSON, JsonLabels, Records
from pipeline.labels.json_marks import prove
from pipeline.labels.json_names import Output, offsets, shifted
from pipeline.labels.layers import Layer
from pipeline.labels.outlines import outline_of_scalabel
from pipeline.labels.scalabel_frames import ids_of, labels_of, restored, with_marks, with_own_ids
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
        counts = [len(labels_of(frame)) for frame in frames]
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
            found.setdefault(name, []).extend(labels_of(frame))
        return found

    def _object(self, record: Json) -> LabelledObject:
        """Read one label."""
        if not isinstance(record, dict):
            return LabelledObject(NO_CLASS, None)
        box = record.get("box2d")
        ends = corners(*map(box.get, ("x1", "y1", "x2", "y2"))) if isinstance(box, dict) else None
        return LabelledObject(str(record.get("category", NO_CLASS)), ends, id=id_of(record.get("id")))

    def _outline(self, record: Json) -> Outline:
        """Read the closed polygons of one label; RLE is left out and the box stands."""
        return outline_of_scalabel(record.get("poly2d"), record.get("category")) if isinstance(record, dict) else ()

    def _filtered(self, tree: Json, layers: Sequence[Layer], output: Output) -> Json:
        """Return the tree with the kept frames of each layer, renamed; labels of later layers have ids of their own."""
        sources = _frames(tree, self.path)
        ids = Ids(one for frame in sources for one in ids_of(frame, {}, drop=False)) if len(layers) > 1 else Ids(())
        frames = list[Json]()
        for copy, layer in enumerate(layers, start=1):
            shares = self._with_shares(sources, layer.marks)
            marked = [with_marks(frame, places, drop=layer.marks.drop) for frame, places in shares]
            kept = self._kept_records(marked, layer.kept, output)
            frames += kept if copy == 1 else [with_own_ids(frame, copy, ids) for frame in kept]
        return frames if isinstance(tree, list) else {**tree, "frames": frames}

    def _with_shares(self, frames: Sequence[Json], marks: Marks) -> Iterator[tuple[Json, Mapping[int, float]]]:
        """Yield the frames with what is marked among their own labels: a picture may have more than one frame."""
        counts = [len(labels_of(frame)) for frame in frames]
        starts = offsets(self._names, counts)
        for frame, name, start, number in zip(frames, self._names, starts, counts, strict=True):
            yield frame, shifted(marks.of(name), start, number)

    def _prove(self, source: Json, written: Json, layers: Sequence[Layer], target: Path) -> Proof:
        """Compare what was written with the source, frame by frame."""
        prove(type(source) is type(written), target, "types")
        if isinstance(source, dict):
            rest = {key: value for key, value in source.items() if key != "frames"}
            copied = {key: value for key, value in written.items() if key != "frames"}
            prove(list(source) == list(written) and identical(rest, copied), target, "top-level keys")
        frames = _frames(written, target)
        sources = _frames(source, self.path)
        used = []
        for layer, copies in self._in_layers(frames, layers, target):
            drop, is_first = layer.marks.drop, layer is layers[0]
            pairs = zip(self._with_shares(sources, layer.marks), self._names, strict=True)
            present = [pair for pair, name in pairs if name in layer.kept]
            prove(len(copies) == len(present), target, "picture records")
            alike = [
                restored(frame, copy, shares, drop=drop, has_own_ids=not is_first, target=target)
                for (frame, shares), copy in zip(present, copies, strict=True)
            ]
            self._prove_records(sources, alike, layer.kept, target)
            used.append([one for frame, shares in present for one in ids_of(frame, shares, drop=drop)])
        prove_distinct(used, [one for frame in frames for one in ids_of(frame, {}, drop=False)], target, "labels")
        annotations = sum(len(labels_of(frame)) for frame in frames)
        return Proof(files=1, pictures=len(frames), annotations=annotations, how=AS_JSON)


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
