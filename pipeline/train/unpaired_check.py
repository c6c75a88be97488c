"""Check an unpaired data set before training: every file once, so that none breaks the run hours later."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.palettes import Palette, choose_palette, why_not
from pipeline.engine.cores import available_cores
from pipeline.engine.events import Done
from pipeline.engine.threads import ahead
from pipeline.files.text import some
from pipeline.images.codec import read_picture
from pipeline.images.geometry import Size, refuse_long
from pipeline.images.skips import PictureError, Reason, Skip
from pipeline.train.unpaired import TrainingPicture, UnpairedData
from tpsence.errors import InputError

_HINT = "Mend or remove these files."
_HINT_MAPS = " A label map is PNG, gray or palette with class ids, or in the colours of Cityscapes, CamVid or ADE20K."


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found of one item."""

    item: TrainingPicture
    bad: Sequence[Skip]
    """The picture, the label map, the target, some or none of them."""
    colours: frozenset[int]
    """0xRRGGBB of the label map, empty if it has class ids."""
    size: Size | None
    """(W, H) of the picture; None where it cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a data set whose files are all good."""

    palette: Palette | None
    """What the colours of the label maps mean; None if none is in colour."""
    sizes: tuple[Size, ...]
    """(W, H) of the pictures of the source, in their order."""


def check_unpaired(data: UnpairedData, max_pixels: int) -> Generator[Done, None, Checked]:
    """Decode every training picture, label map and target once, in threads.

    Args:
        data: The data set.
        max_pixels: Largest W * H of a picture.

    Yields:
        After each picture, how many files were decoded, of ``data.file_count``.

    Raises:
        InputError: Some files cannot be used; the first are named.
    """
    findings = yield from _look_at_all((*data.source, *data.target), max_pixels)
    bad = [skip for finding in findings for skip in finding.bad]
    palette = choose_palette([finding.colours for finding in findings])
    if palette:
        reasons = [(finding.item.label_name, why_not(palette, finding.colours)) for finding in findings]
        bad += [Skip(name, Reason.BAD_LABEL, reason) for name, reason in reasons if reason]
    if bad:
        named = some([f"{skip.file} ({skip.reason.value}: {skip.detail})" for skip in bad])
        hint = _HINT + (_HINT_MAPS if data.source[0].label_map is not None else "")
        raise InputError(f"{len(bad)} of {data.file_count} files cannot be used: {named}", hint)
    sizes = (finding.size for finding in findings[: len(data.source)])
    return Checked(palette, tuple(size for size in sizes if size is not None))


def _look_at_all(items: Sequence[TrainingPicture], max_pixels: int) -> Generator[Done, None, list[_Finding]]:
    """Look at all items, in threads: decoders leave Python's lock to the others."""
    findings: list[_Finding] = []
    look_at = partial(_look_at, max_pixels=max_pixels)
    with closing(ahead(look_at, items, available_cores())) as stream:
        for finding in stream:
            findings.append(finding)
            yield Done(name=finding.item.name, count=finding.item.file_count)
    return findings


def _look_at(item: TrainingPicture, max_pixels: int) -> _Finding:
    """Decode a picture, its label map and its target."""
    bad: list[Skip] = []
    size: Size | None = None
    colours: frozenset[int] = frozenset()
    try:
        pixels = read_picture(item.image, max_pixels, None).pixels
        size = pixels.shape[1], pixels.shape[0]
        refuse_long(size)
    except PictureError as error:
        bad.append(error.as_skip(item.name))
    try:
        if item.label_map is not None:
            colours = read_label_map(item.label_map, max_pixels, size).colours()
    except PictureError as error:
        bad.append(error.as_skip(item.label_name))
    try:
        if item.wanted is not None:
            _refuse_other_aspect(read_picture(item.wanted, max_pixels, None).pixels.shape, size)
    except PictureError as error:
        bad.append(error.as_skip(item.wanted_name))
    return _Finding(item, bad, colours, size)


def _refuse_other_aspect(shape: Sequence[int], size: Size | None) -> None:
    """Refuse a target (H, W, ...) whose picture (W, H) cannot be scaled to it.

    Raises:
        PictureError: The height that it would have at the picture's width is another one, by more than a pixel.
    """
    if size is not None and abs(shape[0] * size[0] / shape[1] - size[1]) > 1 + size[0] / shape[1]:
        text = f"its aspect, of {shape[1]}x{shape[0]}, is not its picture's, of {size[0]}x{size[1]}"
        raise PictureError(Reason.WRONG_SIZE, text)
