"""What is previewed: a picture, a folder of pictures, or a data set; and which of its pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.augment.choice import in_order
from pipeline.files.jail import Jail, absolute
from pipeline.files.text import count, one_line
from pipeline.images.codec import read_header
from pipeline.images.skips import PictureError, Skip
from pipeline.labels.carried import refuse_nothing_to_carry
from pipeline.labels.hints.look_alikes import LookAlikes, explained
from pipeline.labels.interface import LabelledPicture, LabelSet
from pipeline.labels.locate import pictures_among
from pipeline.labels.one_picture import OnePicture, opened_alone
from pipeline.labels.registry import AUTO, chosen_format, labels_in, open_labels
from pipeline.preview.options import PreviewOptions
from tpsence.errors import InputError
from tpsence.regular import why_no_file


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is previewed."""

    labels: LabelSet
    told: Mapping[str, Any]
    """What ``augment`` is told to work on all of it, as settings of ``AugmentOptions``."""

    @property
    def is_single(self) -> bool:
        """Whether it is one picture alone."""
        return isinstance(self.labels, OnePicture)

    def read_folders(self) -> list[Path]:
        """Return the folders that are read, which nothing may be written into; none for one picture alone."""
        places = [] if self.is_single else [self.labels.image_root, *self.labels.inputs()]
        return [place for place in places if place.is_dir()]


@dataclass(kw_only=True)
class Chosen:
    """The pictures to show."""

    pictures: list[LabelledPicture] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    """Pictures that would have been among them and cannot be read, as far as their headers tell."""


def open_source(options: PreviewOptions) -> Source:
    """Find out what a user means, and open it.

    Args:
        options: What was told.

    Raises:
        InputError: It is nothing that can be previewed.
    """
    place = options.source
    is_told = options.images is not None or options.format != AUTO
    if not place.is_file() and not place.is_dir():
        reason = why_no_file(place) if place.exists() else "no such file or folder"
        raise InputError(one_line(f"{place}: {reason}"), "Give a picture, a folder of pictures, or labels.")
    links = {"follow_links": options.follow_links}
    if place.is_file() and pictures_among([place.name]):
        if is_told:
            raise InputError(one_line(f"{place}: a picture"), "`images` and `format` go with labels: leave them out.")
        return Source(labels=opened_alone(absolute(place), None), told={"images": place, **links})
    try:
        found = place if is_told or place.is_file() else labels_in(place, **links)
        label_format = chosen_format(options.format)
        opened = open_labels(found, options.images if found else place, label_format, follow_links=options.follow_links)
        refuse_nothing_to_carry(opened)
    except InputError as error:  # here the labels have no flag
        raise type(error)(_placed(error.message), error.hint and _placed(error.hint)) from error
    if found is None:
        return Source(labels=opened, told={"images": place, **links})
    return Source(labels=opened, told={"labels": found, "images": options.images, "format": options.format, **links})


def choose(source: Source, options: PreviewOptions) -> Chosen:
    """Choose the pictures to show: the first by a hash of their names, as ``augment`` chooses a share.

    Args:
        source: What they are of.
        options: How many, and the seed.

    Raises:
        InputError: None of them can be read.
        UnsafeNameError: A link leads out of the folder of the pictures.
    """
    labels = source.labels
    jail = Jail(labels.image_root, follow_links=labels.follow_links)
    look_alikes = LookAlikes(labels.image_root)
    chosen = Chosen()
    for picture in _in_order(labels.pictures, options.seed):
        if len(chosen.pictures) == options.number:
            break
        jail.check(picture.name)
        try:
            read_header(labels.image_root / picture.name, options.max_pixels, picture.size)
            chosen.pictures.append(picture)
        except PictureError as error:
            chosen.skips.append(explained(error.as_skip(picture.name), look_alikes))
    if not chosen.pictures:
        raise nothing_to_show(source, chosen.skips)
    return chosen


def nothing_to_show(source: Source, skips: Sequence[Skip]) -> InputError:
    """Say that no picture can be read.

    Args:
        source: What they are of.
        skips: Why, of each.
    """
    first = skips[0]
    why = one_line(f"{first.reason.value}, {first.detail}")
    if source.is_single:
        message = f"{source.labels.image_root / first.file}: {why}"
    else:
        all_of_them = count(len(source.labels.pictures), "picture")
        message = f"{source.labels.image_root}: none of {all_of_them} can be read, for example {first.file}: {why}"
    return InputError(one_line(message), "Give other pictures: JPEG, PNG, WebP, TIFF and BMP are read.")


def _in_order(pictures: Sequence[LabelledPicture], seed: int) -> Iterator[LabelledPicture]:
    """Yield pictures, each once, in the order in which a growing share of them is translated."""
    named = {picture.name: picture for picture in pictures}
    yield from map(named.__getitem__, in_order(named, seed))


def _placed(text: str) -> str:
    """Name what the command line has no flag for here by its place."""
    return text.replace("`labels`", "SOURCE")
