"""YOLO: one text file of boxes for each picture, copied byte for byte.

Format: https://docs.ultralytics.com/datasets/detect/. The data set is a ``data.yaml``, or a folder of text files beside
``images``. Of ``data.yaml`` only paths change; boxes, polygons, key points and class ids that start at any number are
not read at all. Pictures without a text file are backgrounds and stay.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from pipeline.errors import CollisionError, LabelError, ProofError
from pipeline.files.jail import Jail, place_inside
from pipeline.files.names import add_suffix, safe_relative, without_extension
from pipeline.files.walk import list_files
from pipeline.files.whole import write_whole
from pipeline.images.skips import Reason, Skip
from pipeline.labels.interface import NO_MARKS, LabelledObject, LabelledPicture, Marks, Proof
from pipeline.labels.locate import pictures_among
from pipeline.labels.text_files import copy_file, filter_lines, read_bytes, unchanged
from pipeline.labels.yolo.data_yaml import DataYaml, moved, read_data_yaml, same_but_paths
from pipeline.labels.yolo.lines import objects_of, without_objects
from pipeline.labels.yolo.places import images_beside, label_path, split_at_labels

_CLASS_NAMES = "classes.txt"
"""Names of the classes, as labelling tools put them among the labels."""
_NOT_LABELS = frozenset({_CLASS_NAMES, "train.txt", "val.txt", "test.txt"})
"""Text files that stand among labels and are none, unless there is a picture of that name."""


@dataclass(frozen=True, slots=True)
class _List:
    """A text file that lists the pictures of a split."""

    file: str
    """POSIX path below the root."""
    names: Mapping[bytes, str]
    """Name of the picture by the text of its line."""


class YoloLabels:
    """A YOLO data set. Make it with ``from_yaml`` or ``from_folder``."""

    format = "yolo"
    takes_marks = False

    def __init__(self, image_root: Path, image_prefix: str, label_root: Path, label_prefix: str) -> None:
        self.image_root = image_root
        self.image_prefix = image_prefix
        self.label_root = label_root
        self.label_prefix = label_prefix
        self.pictures: list[LabelledPicture] = []
        self.skips: list[Skip] = []
        self._labels: dict[str, str] = {}
        self._lists: list[_List] = []
        self._extras: list[str] = []
        self._yaml: DataYaml | None = None
        self._root_from_yaml = False

    @classmethod
    def from_yaml(cls, file: Path, root: Path | None) -> "YoloLabels":
        """Read the data set that a ``data.yaml`` describes.

        Args:
            file: The YAML file.
            root: The folder that the splits are relative to, or None to take it from the file.

        Raises:
            LabelError: The file, a split or all pictures are missing.
            UnsafeNameError: A path leads out of the root.
        """
        data = read_data_yaml(file, root)
        labels = cls(data.root, "", data.root, "")
        labels._yaml = data
        labels._root_from_yaml = root is None
        entries = list(dict.fromkeys(entry for split in data.splits.values() for entry in split))
        names = dict.fromkeys(name for entry in entries for name in labels._pictures_of_split(entry))
        labels._take(list(names), label_path)
        texts = {text for entry in entries for text in labels._texts_beside(entry)}
        labels._skip_labels_without_picture(texts, f"below {data.root}")
        return labels

    @classmethod
    def from_folder(cls, folder: Path, images: Path | None) -> "YoloLabels":
        """Read a folder of text files and the folder of pictures beside it.

        Args:
            folder: The text files, searched with the sub-folders.
            images: The pictures, or None: ``images`` in the place of the path's last ``labels``, or the same folder.

        Raises:
            LabelError: There are no pictures.
        """
        base, below = split_at_labels(folder)
        image_root = images or images_beside(folder, base, below)
        if image_root.resolve() == folder.resolve():
            prefixes = "", ""
        else:
            prefixes = place_inside(image_root, base) or f"images{below}", f"labels{below}"
        labels = cls(image_root, prefixes[0], folder, prefixes[1])
        names = pictures_among(list_files(image_root))
        labels._take(names, lambda name: without_extension(name) + ".txt")
        texts = {name for name in list_files(folder) if name.lower().endswith(".txt")}
        labels._skip_labels_without_picture(texts, f"in {image_root}")
        labels._extras = sorted(name for name in texts - set(labels._labels.values()) if _base(name) == _CLASS_NAMES)
        jail = Jail(folder)
        for name in labels._extras:
            jail.check(name)
        return labels

    def identity(self) -> dict[str, str]:
        """Return the ``data.yaml`` or the folder of the labels, and that of the pictures unless the file tells it."""
        source = {"labels": str(self._yaml.file if self._yaml else self.label_root)}
        return source if self._root_from_yaml else {**source, "images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return the folder of the labels, and the ``data.yaml`` where there is one."""
        return [self.label_root, *([self._yaml.file] if self._yaml else [])]

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the text file of every kept picture, the lists and the ``data.yaml``."""
        files = [
            (self._below(add_suffix(self._labels[name], suffix)), str(self.image_root / name))
            for name, suffix in kept.items()
            if name in self._labels
        ]
        files += [(self._below(name), str(self.label_root / name)) for name in self._extras]
        files += [(one.file, str(self.image_root / one.file)) for one in self._lists]
        return files + ([(self._yaml.file.name, str(self._yaml.file))] if self._yaml else [])

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the objects in the text file of a picture; see ``LabelSet.objects``."""
        if name not in self._labels:
            return []
        content = read_bytes(self.label_root / self._labels[name])
        has_keypoints = self._yaml is not None and self._yaml.has_keypoints
        return objects_of(content, self._class_names, has_keypoints=has_keypoints, outlines=outlines)

    def check_marks(self) -> None:
        """Accept any labels: a line can be dropped. It has no place for a mark, so marked ones stay as they are."""

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Copy the text files of the kept pictures; see ``LabelSet.write``."""
        pairs = [(name, suffix) for name, suffix in kept.items() if name in self._labels]
        for name, suffix in pairs:
            source, target = self._labels[name], self._below(add_suffix(self._labels[name], suffix))
            dropped = marks.of(name).keys() if marks.drop else ()
            copy_file(self.label_root / source, out / target, _dropping(dropped))
        for name in self._extras:
            copy_file(self.label_root / name, out / self._below(name))
        for one in self._lists:
            self._write_list(one, out, kept)
        if self._yaml:
            self._write_yaml(self._yaml, out)
        files = len(pairs) + len(self._extras) + len(self._lists) + (self._yaml is not None)
        how = "byte for byte, data.yaml but for its paths" if self._yaml else "byte for byte"
        if not pairs and not self._extras:
            how = "but NO picture has a label file: are the folders right?"
        return Proof(files=files, pictures=len(kept), annotations=None, how=how)

    @cached_property
    def _class_names(self) -> Mapping[int, str]:
        """Names of the classes by id: of the ``data.yaml``, or of the ``classes.txt`` of a labelling tool."""
        if self._yaml:
            return self._yaml.names
        if _CLASS_NAMES not in self._extras:
            return {}
        lines = read_bytes(self.label_root / _CLASS_NAMES).decode("utf-8", "replace").splitlines()
        return {index: line.strip() for index, line in enumerate(lines) if line.strip()}

    def _take(self, names: Sequence[str], label_of: Callable[[str], str]) -> None:
        """Record the pictures and the text file of each that has one."""
        if not names:
            raise LabelError(f"{self.image_root}: no pictures", "Give the folder of the pictures with `images`.")
        jail = Jail(self.label_root)
        owners: dict[str, str] = {}
        for name in names:
            self.pictures.append(LabelledPicture(name, None))
            label = label_of(name)
            if not (self.label_root / label).is_file():
                continue
            if label in owners:
                raise CollisionError(
                    f"{self.image_root}: {owners[label]} and {name} have the same label file {label}",
                    "Rename one of them, or remove it.",
                )
            jail.check(label)
            owners[label] = name
            self._labels[name] = label

    def _skip_labels_without_picture(self, labels: set[str], where: str) -> None:
        """List the text files that belong to no picture."""
        for label in sorted(labels - set(self._labels.values())):
            if not label.endswith(".txt"):
                self.skips.append(Skip(label, Reason.BAD_LABEL, "not read: the extension must be .txt in lower case"))
            elif _base(label) not in _NOT_LABELS:
                self.skips.append(Skip(label, Reason.MISSING, f"no picture of this name {where}"))

    def _pictures_of_split(self, entry: str) -> list[str]:
        """The pictures below a split's folder, or in its list."""
        place = self.image_root / entry
        if place.is_dir():
            prefix = "" if entry == "." else entry + "/"
            return [prefix + name for name in pictures_among(list_files(place))]
        if not place.exists():
            self.skips.append(Skip(entry, Reason.MISSING, "this split is not there"))
            return []
        Jail(self.image_root).check(entry)
        names_by_line = {}
        for line in read_bytes(place).splitlines():
            if text := line.strip():
                names_by_line[text] = self._listed(text, entry)
        self._lists.append(_List(entry, names_by_line))
        return list(names_by_line.values())

    def _texts_beside(self, entry: str) -> set[str]:
        """The text files in the folder that belongs to a split's folder, none where it is the same folder."""
        folder = label_path(f"{entry}/x").rpartition("/")[0]
        if folder == entry or not (self.label_root / folder).is_dir():
            return set()
        return {f"{folder}/{name}" for name in list_files(self.label_root / folder) if name.lower().endswith(".txt")}

    def _listed(self, line: bytes, list_file: str) -> str:
        """The picture that a line of a list names."""
        text = os.fsdecode(line)
        where = str(self.image_root / list_file)
        absolute = "\0" not in text and Path(text).is_absolute()
        if absolute and (place := place_inside(Path(text), self.image_root)) is not None:
            return safe_relative(place or ".", where)
        name = safe_relative(text, where)
        folder = list_file.rpartition("/")[0] if text.startswith("./") else self._yaml.base if self._yaml else ""
        return f"{folder}/{name}" if folder else name

    def _write_list(self, one: _List, out: Path, kept: Mapping[str, str]) -> None:
        """Copy a list without the pictures that are left out; absolute lines lead to the new place."""

        def new_line(text: bytes, name: str) -> bytes | None:
            if name not in kept:
                return None
            if Path(os.fsdecode(text)).is_absolute():
                return os.fsencode(out.resolve() / add_suffix(name, kept[name]))
            return os.fsencode(add_suffix(os.fsdecode(text), kept[name]))

        changes = {text: new_line(text, name) for text, name in one.names.items()}
        copy_file(
            self.image_root / one.file, out / one.file, lambda content: filter_lines(content, changes, bytes.strip)
        )

    def _write_yaml(self, data: DataYaml, out: Path) -> None:
        """Write the ``data.yaml`` for its new place."""
        text = moved(data, out)
        target = out / data.file.name
        content = data.byte_order_mark + text.encode()
        write_whole(target, content)
        if target.read_bytes() != content or not same_but_paths(data.text, text):
            raise ProofError(f"{target}: differs from {data.file} by more than paths", "Please report this as a bug.")

    def _below(self, name: str) -> str:
        """A label's path below the output folder."""
        return f"{self.label_prefix}/{name}" if self.label_prefix else name


def _dropping(places: Collection[int]) -> Callable[[bytes], bytes]:
    """Return what leaves out the lines of some objects."""
    return partial(without_objects, places=places) if places else unchanged


def _base(name: str) -> str:
    """The last part of a POSIX path."""
    return name.rpartition("/")[2]
