"""The table of label formats. Everything that names or lists formats reads it: help, messages, detection, fingerprints.

Importing this module is quick: the formats import what is heavy when labels are opened.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.jail import absolute
from pipeline.files.near import near_hint
from pipeline.files.text import some
from pipeline.files.walk import list_files
from pipeline.labels.coco import COCO
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.hints.what_folder import told_of_one
from pipeline.labels.hints.what_is import KNOWN, refusal
from pipeline.labels.hints.what_json import told_by_json
from pipeline.labels.interface import LabelSet
from pipeline.labels.link_texts import link_as_text
from pipeline.labels.locate import pictures_among
from pipeline.labels.none import NoLabels
from pipeline.labels.one_picture import opened_alone
from pipeline.labels.scalabel import SCALABEL
from pipeline.labels.splits import label_file_of
from pipeline.labels.voc.format import VOC
from pipeline.labels.yolo.format import YOLO
from tpsence.errors import InputError
from tpsence.regular import why_no_file

FORMATS: tuple[LabelFormat, ...] = (COCO, YOLO, VOC, SCALABEL)
"""All label formats, in the order in which texts name them."""
_LOOKED_AT = 20
"""Files of a folder that are looked into, to find out what it holds."""
AUTO = "auto"
"""What the setting ``format`` says where the format is to be recognised."""


def format_names() -> tuple[str, ...]:
    """Return the names of the formats."""
    return tuple(one.name for one in FORMATS)


def chosen_format(setting: str) -> str | None:
    """Read the setting ``format``: the name of a format, or ``auto``, which gives None.

    Raises:
        InputError: Neither.
    """
    return None if setting == AUTO else _named(setting).name


def format_help() -> str:
    """Return the help of the setting ``format``."""
    return f"Label format: {_names_in_words()}."


def labels_help() -> str:
    """Return what the setting ``labels`` can point at, as a sentence without its end."""
    json_titles = [one.title for one in FORMATS if one.json_top is not None]
    places = [f"{_either(json_titles)} JSON"] if json_titles else []
    places += [text for one in FORMATS for text in one.given_as]
    return _either(places, before_last=", or ")


def label_extensions() -> tuple[str, ...]:
    """Return the extensions of all files that labels can be in, lower case with their dot."""
    return tuple(dict.fromkeys(extension for one in FORMATS for extension in one.extensions))


def open_labels(
    labels: Path | None,
    images: Path | None,
    label_format: str | None,
    *,
    follow_links: bool = False,
    split: str | None = None,
) -> LabelSet:
    """Open a data set.

    Args:
        labels: The label file or folder, or None for a folder of pictures without labels.
        images: The folder of the pictures, or None to look for it beside the labels. Without labels also one picture.
        label_format: The name of the format, or None to recognise it.
        follow_links: Follow links that lead out of the folders of the labels and the pictures.
        split: Of JSON label files in a folder, the one of this split is opened; other labels are opened whole.

    Raises:
        InputError: Neither labels nor images, or one of them cannot be used, or there is no format of this name.
    """
    if images is not None:
        images = absolute(images)
        remedy = link_as_text(images)
        if images.is_file() and remedy is None:
            return opened_alone(images, labels)
        if not images.is_dir():
            what = "no such folder" if labels is not None else "no such folder or picture"
            raise InputError(f"{images}: {what}", remedy or near_hint(images, "images"))
    if labels is None:
        return _without_labels(images, follow_links=follow_links)
    wanted = None if label_format is None else _named(label_format)
    labels = absolute(labels)
    if not labels.is_file() and not labels.is_dir():
        if labels.exists():
            raise LabelError(f"{labels}: {why_no_file(labels)}", "Check the path after `labels`.")
        raise LabelError(f"{labels}: no such file or folder", near_hint(labels, "labels"))
    if wanted is not None:
        given = Place(labels, follow_links=follow_links)
        found = wanted.find(given)
        if found is None and split is not None and (of_split := label_file_of(split, given, [wanted])):
            return of_split[0].open_set(of_split[1], images)
        return wanted.open_set(Place(found or labels, follow_links=follow_links), images)
    one, place = _recognised(labels, split, follow_links=follow_links)
    return one.open_set(place, images)


def labels_in(folder: Path, *, follow_links: bool = False) -> Path | None:
    """Tell what of a folder is given as labels, where it may as well be one of pictures alone.

    Args:
        folder: It.
        follow_links: As for ``open_labels``.

    Returns:
        Its only JSON label file; the folder itself where it is labels of another kind, or has several such files, which
        ``open_labels`` then names; None where it has no labels.

    Raises:
        InputError: The folder cannot be read, or a linked folder leads out of it.
    """
    place = Place(absolute(folder), follow_links=follow_links)
    if any(one.find(place) is not None for one in FORMATS) or any(one.recognise(place) for one in FORMATS):
        return folder
    files = _label_files_in(place)
    return folder / files[0] if len(files) == 1 else folder if files else None


def _named(name: str) -> LabelFormat:
    """Return the format of a name."""
    for one in FORMATS:
        if one.name == name:
            return one
    raise InputError(f"`format` {name!r}: not known", f"Give {_names_in_words()}.")


def _recognised(labels: Path, split: str | None, *, follow_links: bool) -> tuple[LabelFormat, Place]:
    """Tell the format, and where a data set's folder has its labels: by names, or by content where they tell nothing.

    Args:
        labels: The file or folder.
        split: Where names tell nothing, the JSON file of this split.
        follow_links: As for ``open_labels``.

    Raises:
        LabelError: It is no format, or more than one.
    """
    whole = Place(labels, follow_links=follow_links)
    usual = [(one, path) for one in FORMATS if (path := one.find(whole)) is not None]
    found = [(one, Place(path, follow_links=follow_links)) for one, path in usual]
    if not found and split is not None and (of_split := label_file_of(split, whole, FORMATS)):
        return of_split
    if not found:
        found = [(one, whole) for one in FORMATS if one.recognise(whole)]
        if not found:
            raise _not_recognised(whole)
    if len(found) > 1:
        names = " and ".join(f"{place.path.name} ({one.name})" for one, place in found)
        raise LabelError(f"{labels}: holds {names}", "Choose with `format`, or point `labels` at one of them.")
    return found[0]


def _not_recognised(place: Place) -> LabelError:
    """Say why nothing was recognised, with a remedy.

    Raises:
        LabelError: A file is no JSON.
    """
    path = place.path
    if path.is_dir():
        return _no_labels_in(place)
    try:
        tree = place.json_file().tree
    except LabelError as error:
        raise LabelError(error.message, f"Give {labels_help()}." if error.hint == KNOWN else error.hint) from error
    if (told := told_by_json(tree)) is not None:
        return refusal(path, told, f"Give {labels_help()}.")
    tops = " nor ".join(f"{one.title} ({one.json_top})" for one in FORMATS if one.json_top is not None)
    keys = f"; its keys are {some(list(tree))}" if isinstance(tree, dict) and tree else ""
    return LabelError(f"{path}: neither {tops}{keys}", f"Give {labels_help()}.")


def _no_labels_in(place: Place) -> LabelError:
    """Say what a folder holds in which no format has found its labels."""
    path = place.path
    if known := _label_files_in(place):
        return LabelError(
            f"{path}: holds label files: {some(known)}", f"Give one of them to `labels`: {path / known[0]}"
        )
    pictures = set(pictures_among(place.names))
    others = [path / name for name in place.names if name not in pictures]
    if (found := told_of_one(others[:_LOOKED_AT])) is not None:
        return refusal(*found, f"Give {labels_help()}.")
    return LabelError(f"{path}: no labels found in this folder", f"Give {labels_help()}.")


def _label_files_in(place: Place) -> list[str]:
    """Return the JSON files of labels among the first of a folder, as POSIX paths below it."""
    jsons = [name for name in place.names if name.lower().endswith(".json")]
    return [name for name in jsons[:_LOOKED_AT] if any(one.recognise(place.below(name)) for one in FORMATS)]


def _without_labels(images: Path | None, *, follow_links: bool) -> LabelSet:
    """A folder of pictures alone."""
    if images is None:
        raise InputError("neither labels nor pictures to work on", "Give `labels`, or `images` for pictures.")
    names = pictures_among(list_files(images, follow_links=follow_links))
    if not names:
        raise InputError(f"{images}: no pictures in this folder", "JPEG, PNG, WebP, TIFF and BMP are read.")
    return NoLabels(images, names, follow_links=follow_links)


def _names_in_words() -> str:
    """What the setting ``format`` can be: ``auto, coco, yolo, voc or scalabel``."""
    return _either([AUTO, *format_names()])


def _either(words: Sequence[str], before_last: str = " or ") -> str:
    """Join words to ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)}{before_last}{last}" if others else last
