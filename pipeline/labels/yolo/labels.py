"""YOLO: one text file of boxes for each picture, copied byte for byte.

Format: https://docs.ultralytics.com/datasets/detect/. The data set is a ``data.yaml``, or a folder of text files beside
``images``. Of ``data.yaml`` only paths change; boxes, polygons, key points and class ids that start at any number are
not read at all. Pictures without a text file are backgrounds and stay.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from pipeline.errors import LabelError, ProofError
from pipeline.files.jail import Jail, name_below
from pipeline.files.names import add_suffix
from pipeline.files.walk import list_files
from pipeline.files.whole import write_whole
from pipeline.images.skips import Skip
from pipeline.labels.companions import Companion, class_names, companions_at, is_list
from pipeline.labels.interface import LabelledObject, LabelledPicture, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.layers import Layer, Layered
from pipeline.labels.locate import pictures_among
from pipeline.labels.splits import splits_by_folder
from pipeline.labels.text_files import copy_file, read_bytes, require_readable, unchanged
from pipeline.labels.yolo.beside import sort_beside
from pipeline.labels.yolo.data_yaml import DataYaml, is_moved, moved, read_data_yaml
from pipeline.labels.yolo.elsewhere import refuse_texts_elsewhere
from pipeline.labels.yolo.lines import objects_of, without_objects
from pipeline.labels.yolo.list_reading import read_beside
from pipeline.labels.yolo.picture_list import PictureList
from pipeline.labels.yolo.places import images_beside, label_path, split_at_labels, text_of
from pipeline.labels.yolo.splits import Splits
from pipeline.labels.yolo.texts import Texts
from tpsence.errors import InputError


class YoloLabels(Layered):
    """A YOLO data set. Make it with ``from_yaml`` or ``from_folder``."""

    format = "yolo"
    takes_marks = False

    def __init__(
        self,
        image_root: Path,
        image_prefix: str,
        label_root: Path,
        label_prefix: str,
        *,
        follow_links: bool,
    ) -> None:
        self.image_root = image_root
        self.image_prefix = image_prefix
        self.label_root = label_root
        self.label_prefix = label_prefix
        self.follow_links = follow_links
        self.pictures: list[LabelledPicture] = []
        self.skips: list[Skip] = []
        self.splits: Mapping[str, Collection[str]] = {}
        self.inventory = Inventory()
        self._texts = Texts(label_root, follow_links=follow_links)
        self._labels: dict[str, str] = {}
        self._lists: list[PictureList] = []
        self._companions: list[Companion] = []
        self._yaml: DataYaml | None = None
        self._root_from_yaml = False

    @classmethod
    def from_yaml(cls, file: Path, root: Path | None, *, follow_links: bool = False) -> "YoloLabels":
        """Read the data set that a ``data.yaml`` describes.

        Args:
            file: The YAML file.
            root: The folder that the splits are relative to, or None to take it from the file.
            follow_links: Follow links that lead out of the root.

        Raises:
            LabelError: The file, a split or all pictures are missing, or the text files are no YOLO.
            UnsafeNameError: A path leads out of the root.
        """
        data = read_data_yaml(file, root, follow_links=follow_links)
        labels = cls(data.root, "", data.root, "", follow_links=follow_links)
        labels._yaml = data
        labels._root_from_yaml = root is None
        splits = Splits(data.root, data.base, follow_links=follow_links)
        for entry in dict.fromkeys(entry for split in data.splits.values() for entry in split):
            splits.add(entry)
        labels.skips += splits.skips
        labels._lists += splits.lists
        labels._take(splits.pictures, label_path)
        labels.splits = {
            key: frozenset(name for entry in entries for name in splits.of_entry[entry])
            for key, entries in data.splits.items()
        }
        if not labels._labels:
            if root is not None:
                labels._refuse_labels_elsewhere(file)
            labels._refuse_texts_elsewhere()
        folders = {label_path(f"{folder}/x").rpartition("/")[0] for folder in splits.folders}
        texts = [name for folder in sorted(folders.difference(splits.folders)) for name in labels._files_in(folder)]
        top = companions_at(data.root, follow_links=follow_links)
        labels._take_beside([*splits.others, *texts, *top], f"below {data.root}")
        return labels

    @classmethod
    def from_folder(cls, folder: Path, images: Path | None, *, follow_links: bool = False) -> "YoloLabels":
        """Read a folder of text files and the folder of pictures beside it.

        Args:
            folder: The text files, searched with the sub-folders.
            images: The pictures, or None: ``images`` in the place of the path's last ``labels``, or the same folder.
            follow_links: Follow links that lead out of the folders.

        Raises:
            LabelError: There are no pictures, or the text files are no YOLO.
            UnsafeNameError: A link leads out of one of the folders.
        """
        base, below = split_at_labels(folder)
        image_root = images or images_beside(folder, base, below, follow_links=follow_links)
        is_one = image_root.resolve() == folder.resolve()
        if images is None and not is_one:
            Jail(base, follow_links=follow_links).check(f"images{below}")
        prefixes = ("", "") if is_one else (name_below(image_root, base) or f"images{below}", f"labels{below}")
        labels = cls(image_root, prefixes[0], folder, prefixes[1], follow_links=follow_links)
        there = list_files(image_root, follow_links=follow_links)
        pictures = pictures_among(there)
        labels._take(pictures, partial(text_of, texts=labels._texts, is_one=is_one))
        labels.splits = splits_by_folder(pictures, folder)
        if is_one:
            if not labels._labels:
                labels._refuse_texts_elsewhere()
            labels._take_beside(set(there).difference(pictures), f"in {image_root}")
            return labels
        top = companions_at(base, follow_links=follow_links) if "labels" in folder.parts else []
        labels._companions += [Companion(base / name, name) for name in top]
        left = tuple(f"{prefixes[0]}/{name}" for name in sorted(set(there).difference(pictures)))
        labels._take_beside(list_files(folder, follow_links=follow_links), f"in {image_root}", left)
        return labels

    def annotations_of(self, name: str) -> int:
        """Return the number of lines in the text file of a picture."""
        return self._texts.counts.get(self._labels.get(name, ""), 0)

    def identity(self) -> dict[str, str]:
        """Return the ``data.yaml`` or the folder of the labels, and that of the pictures unless the file tells it."""
        source = {"labels": str(self._yaml.file if self._yaml else self.label_root)}
        return source if self._root_from_yaml else {**source, "images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return the folder of the labels, and the ``data.yaml`` where there is one."""
        return [self.label_root, *([self._yaml.file] if self._yaml else [])]

    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return the text file of every kept picture, what lies beside them, the lists and the ``data.yaml``."""
        texts = [one for layer in layers for one in self._texts_to_write(layer.kept)]
        files = [(target, str(self.label_root / text)) for text, target in texts]
        files += [(one.output, str(one.source)) for one in self._companions]
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
        """Refuse pictures that share a text file: its lines cannot be dropped for one of them alone.

        A line has no place for a mark, so marked ones stay as they are.
        """
        owners: dict[str, str] = {}
        for name, text in self._labels.items():
            if text in owners:
                raise LabelError(
                    f"{self.label_root / text}: belongs to {owners[text]} and to {name}",
                    "Rename one of the two and give it a text file of its own, or run without `gate`.",
                )
            owners[text] = name

    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Copy the text files of the kept pictures for each layer; see ``Layered.write_layers``."""
        texts = lines = 0
        for layer in layers:
            of_layer = self._texts_to_write(layer.kept)
            dropped = self._dropped(layer)
            for text, target in of_layer:
                copy_file(self.label_root / text, out / target, _dropping(dropped.get(text, ())))
            texts += len(of_layer)
            lines += sum(
                self.annotations_of(one) - len(dropped.get(self._labels.get(one, ""), ())) for one in layer.kept
            )
        for companion in self._companions:
            if not is_list(companion.output):
                copy_file(companion.source, out / companion.output)
        for one in self._picture_lists():
            one.write(out, layers, self.image_prefix)
        if self._yaml:
            self._write_yaml(self._yaml, out)
        files = texts + len(self._companions) + len(self._lists) + (self._yaml is not None)
        how = "byte for byte, data.yaml but for its paths" if self._yaml else "byte for byte"
        if not texts:
            how = "NO picture has a label file: are the folders right?"
        return Proof(files=files, pictures=sum(len(one.kept) for one in layers), annotations=lines, how=how)

    def _dropped(self, layer: Layer) -> dict[str, Collection[int]]:
        """Return the places of the objects that are left out of a layer, by the text file."""
        marks = layer.marks
        return {self._labels[name]: marks.of(name).keys() for name in layer.kept if name in self._labels and marks.drop}

    @cached_property
    def _class_names(self) -> Mapping[int, str]:
        """Names of the classes by id: of the ``data.yaml``, or of a list that lies beside the labels."""
        if self._yaml and self._yaml.names:
            return self._yaml.names
        return class_names([one.source for one in self._companions])

    def _take(self, names: Sequence[str], label_of: Callable[[str], str]) -> None:
        """Record the pictures and the text file of each that has one.

        A text file that cannot be read leaves its picture out.
        """
        if not names:
            raise LabelError(f"{self.image_root}: no pictures", "Give the folder of the pictures with `images`.")
        for name in names:
            label = label_of(name)
            if self._texts.has(label):
                if not self._texts.read(label):
                    continue
                self._labels[name] = label
            self.pictures.append(LabelledPicture(name, None))
        self.skips += self._texts.unreadable.values()
        self._texts.refuse_others()

    def _take_beside(self, names: Iterable[str], where: str, left_behind: tuple[str, ...] = ()) -> None:
        """Sort what else lies beside the text files, and count all that the source has.

        Args:
            names: Files in the folder of the labels, those of pictures among them or not.
            where: Where a picture was looked for.
            left_behind: What lies elsewhere and is not carried.
        """
        owned = set(self._labels.values())
        others = set(names) - owned - {one.file for one in self._lists}
        if self._yaml is not None:
            others.discard(self._yaml.file.name)
        jail = Jail(self.label_root, follow_links=self.follow_links)
        for name in others:
            jail.check(name)
        beside = sort_beside(others, self._texts, self.image_root, where)
        self.skips += beside.skips
        self._companions += [Companion(self.label_root / name, self._below(name)) for name in beside.companions]
        for one in self._companions:
            require_readable(one.source)
        unowned = sum(self._texts.counts.get(name, 0) for name in beside.without_picture)
        self.inventory = Inventory(
            annotations=sum(self.annotations_of(picture.name) for picture in self.pictures) + unowned,
            files=len(owned) + len(beside.without_picture) + len(self._texts.unreadable),
            class_lists=tuple(sorted(one.output for one in self._companions)),
            left_behind=(*beside.left_behind, *left_behind),
            ownerless=unowned,
        )

    def _refuse_labels_elsewhere(self, file: Path) -> None:
        """Refuse a root that leaves all text files behind which lie beside the ``data.yaml``."""
        folder = file.parent / "labels"
        if not folder.is_dir() or folder.resolve().is_relative_to(self.label_root.resolve() / "labels"):
            return
        count = sum(name.endswith(".txt") for name in list_files(folder, follow_links=True))
        if not count:
            return
        try:
            beside = YoloLabels.from_yaml(file, None, follow_links=True)
        except InputError:
            beside = None
        works = beside is not None and beside._labels
        hint = "Leave `images` out, and give `follow_links`." if works else "Give the folder that holds `labels` too."
        raise LabelError(f"{self.image_root}: none of the {count} text files in {folder} belongs to its pictures", hint)

    def _refuse_texts_elsewhere(self) -> None:
        """Refuse pictures of which none has a text file, where there are texts that trainers do not find."""

        def works(texts: Path, images: Path) -> bool:
            try:
                return bool(YoloLabels.from_folder(texts, images, follow_links=self.follow_links)._labels)
            except InputError:
                return False

        names = [picture.name for picture in self.pictures]
        refuse_texts_elsewhere(self.image_root, names, works, follow_links=self.follow_links)

    def _files_in(self, folder: str) -> list[str]:
        """The files in a folder of the labels, none where there is no such folder."""
        if not (self.label_root / folder).is_dir():
            return []
        files = list_files(self.label_root / folder, follow_links=self.follow_links)
        return [name for name in (f"{folder}/{name}" for name in files) if not pictures_among([name])]

    def _texts_to_write(self, kept: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return each text file of the kept pictures and where it goes, once where several pictures share it."""
        texts = [(self._labels[name], suffix) for name, suffix in kept.items() if name in self._labels]
        return [(text, self._below(add_suffix(text, suffix))) for text, suffix in dict.fromkeys(texts)]

    def _picture_lists(self) -> list[PictureList]:
        """Return the lists of the splits, and those that lie beside the labels."""
        names = [picture.name for picture in self.pictures]
        beside = [one for one in self._companions if is_list(one.output)]
        return [*self._lists, *(read_beside(self.image_root, one.source, one.output, names) for one in beside)]

    def _write_yaml(self, data: DataYaml, out: Path) -> None:
        """Write the ``data.yaml`` for its new place."""
        text = moved(data)
        target = out / data.file.name
        content = data.byte_order_mark + text.encode()
        write_whole(target, content)
        if target.read_bytes() != content or not is_moved(data, text):
            raise ProofError(f"{target}: differs from {data.file} by more than paths", "Please report this as a bug.")

    def _below(self, name: str) -> str:
        """A label's path below the output folder."""
        return f"{self.label_prefix}/{name}" if self.label_prefix else name


def _dropping(places: Collection[int]) -> Callable[[bytes], bytes]:
    """Return what leaves out the lines of some objects."""
    return partial(without_objects, places=places) if places else unchanged
