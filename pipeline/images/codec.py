"""Read and write pictures: header, frame, colour conversion, encoding.

Pictures are uint8 arrays (H, W, 3), RGB. Sizes are (W, H). Five formats are read and no other, by content, not by
extension. Files are data of unknown origin: the header is checked before anything is decoded, and whatever a
decoder raises becomes a ``PictureError``.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from pipeline.images import jpeg_end
from pipeline.images.extensions import EXTENSIONS as EXTENSIONS
from pipeline.images.geometry import Size, size_text
from pipeline.images.quiet import hush
from pipeline.images.skips import PictureError, Reason
from tpsence.errors import first_line
from tpsence.regular import open_regular, read_regular

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")

_ORIENTATION_TAG = 0x0112
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TO_STORED = _TO_UPRIGHT | {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a picture before it is decoded."""

    format: str
    """Format of the file: one of ``FORMATS``."""
    upright: Size
    """(W, H) as a viewer shows it."""
    stored: Size
    """(W, H) as the file stores it, the EXIF orientation not applied."""
    orientation: int
    """EXIF orientation, 1 to 8."""
    is_rgb: bool
    """Its pixels are 8-bit RGB, without transparency."""

    @property
    def is_plain(self) -> bool:
        """Whether any reader makes the same pixels of the file as ``read_picture``."""
        return self.orientation == 1 and self.is_rgb


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture."""

    pixels: NDArray[np.uint8]
    """(H, W, 3), RGB."""
    format: str
    """Format of the file that it was read from."""
    icc_profile: bytes | None
    """The RGB colour profile that the pixels are in, or None."""


def read_header(path: Path, max_pixels: int, expected: Size | None) -> Header:
    """Read the size of a picture without decoding it and check what the header can tell.

    The orientation of a PNG that has its EXIF behind its pixels is not seen.

    Args:
        path: The file.
        max_pixels: Largest W * H.
        expected: (W, H) in the label file, or None.

    Raises:
        PictureError: Missing, unreadable, unsupported, too many pixels, or of the wrong size.
    """
    with opened_image(path, max_pixels) as image:
        # A PNG may have its EXIF behind its pixels, and Pillow's own getexif decodes them to look there.
        header = _header(image, Image.Image.getexif(image))
        _check_size(header, expected)
        return header


def read_picture(path: Path, max_pixels: int, expected: Size | None) -> Picture:
    """Decode a picture in the frame that its labels were drawn in.

    With an expected size, that is the upright frame if its size agrees, else the stored one; without, upright.
    Of a file with several pictures the first is read.

    Args:
        path: The file.
        max_pixels: Largest W * H; checked in the header, before decoding.
        expected: (W, H) in the label file, or None.

    Raises:
        PictureError: Missing, unreadable, truncated, unsupported, too many pixels, or of the wrong size.
    """
    try:
        with opened_image(path, max_pixels) as image:
            return _decoded(image, expected)
    except PictureError as error:
        if error.reason is not Reason.TRUNCATED or (whole := _restored(path)) is None:
            raise
    with opened_image(path, max_pixels, whole) as image:
        return _decoded(image, expected)


def _decoded(image: Image.Image, expected: Size | None) -> Picture:
    """Decode an opened picture in the frame that its labels were drawn in."""
    header = _header(image, image.getexif())
    _check_size(header, expected)
    # A colour profile holds for the mode that it was made for; other modes are converted.
    icc_profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA"} else None
    image.load()
    rgb = _in_frame(to_rgb(image), header, expected)
    return Picture(np.asarray(rgb), header.format, icc_profile if isinstance(icc_profile, bytes) else None)


def output_format(name: str, source_format: str) -> str:
    """Return the format to write: the extension's, or the source's where the extension is unknown."""
    return EXTENSIONS.get(PurePosixPath(name).suffix.lower(), source_format)


def encode(pixels: NDArray[np.uint8], file_format: str, quality: int, icc_profile: bytes | None = None) -> bytes:
    """Encode a picture.

    Args:
        pixels: (H, W, 3), RGB.
        file_format: One of ``FORMATS``.
        quality: 1 to 100, for JPEG and WebP; PNG is lossless at a fast level, TIFF lossless.
        icc_profile: Colour profile to embed, or None.

    Raises:
        PictureError: The format cannot hold the picture, for example a side over 65,535 pixels in JPEG.
    """
    options_by_format: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": quality},
        "PNG": {"compress_level": 1},
        "WEBP": {"quality": quality, "method": 2},
        "TIFF": {"compression": "tiff_adobe_deflate"},
        "BMP": {},
    }
    options = options_by_format[file_format]
    if icc_profile and file_format != "BMP":
        options["icc_profile"] = icc_profile
    buffer = io.BytesIO()
    try:
        Image.fromarray(pixels).save(buffer, file_format, **options)
    except (OSError, ValueError, OverflowError) as error:
        size = size_text((pixels.shape[1], pixels.shape[0]))
        raise PictureError(Reason.UNWRITABLE, f"{size} as {file_format}: {first_line(error)}") from error
    return buffer.getvalue()


@contextmanager
def opened_image(path: Path, max_pixels: int, content: bytes | None = None) -> Iterator[Image.Image]:
    """Open a file in one of ``FORMATS``, nothing decoded yet.

    Args:
        path: The file.
        max_pixels: Largest W * H, checked before anything is decoded.
        content: What is to be read in the place of the file's own content.

    Raises:
        PictureError: Missing, unsupported, too many pixels, or anything that goes wrong inside the block.
    """
    try:
        with _lenient_pillow, _stream(path, content) as stream, Image.open(stream, formats=FORMATS) as image:
            _check_pixels(image, max_pixels)
            yield image
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(Reason.MISSING, "no such file") from error
    except UnidentifiedImageError as error:
        raise PictureError(Reason.UNSUPPORTED, _what_instead(path)) from error
    except MemoryError as error:
        raise PictureError(Reason.OUT_OF_MEMORY, "not enough memory to decode it") from error
    except Exception as error:  # decoders raise nearly any type on damaged data
        raise _decoding_error(error) from error


def _stream(path: Path, content: bytes | None) -> BinaryIO:
    """Open a file, or what is to be read in its place."""
    return open_regular(path) if content is None else io.BytesIO(content)


def _restored(path: Path) -> bytes | None:
    """Return a JPEG that lacks nothing but its end marker with that marker, as trainers mend it; None for any other."""
    try:
        if path.stat().st_size > jpeg_end.MAX_BYTES:
            return None
        with _lenient_pillow:
            return jpeg_end.with_end(read_regular(path))
    except Exception:  # a decoder's trouble was told by the first attempt
        return None


class _LenientPillow:
    """Keeps Pillow from warnings and from its own limit of pixels while any thread is inside; both are global.

    Damaged metadata make it warn; a picture is judged by its pixels. The limit gives way to max_pixels, checked in the
    header.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = ExitStack()

    def __enter__(self) -> None:
        hush()
        with self._lock:
            if self._inside == 0:
                self._before.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._before.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
                Image.MAX_IMAGE_PIXELS = None
            self._inside += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.close()


_lenient_pillow = _LenientPillow()


def _what_instead(path: Path) -> str:
    """Say what a file is that none of the five readers takes."""
    if path.stat().st_size == 0:
        return "the file is empty"
    with open_regular(path) as stream:
        start = stream.read(16)
    if start.startswith(b"GIF8"):
        return "GIF is not read"
    if start[4:8] == b"ftyp":
        return "HEIF, AVIF or a video is not read"
    return "none of JPEG, PNG, WebP, TIFF, BMP, or a damaged header"


def _decoding_error(error: Exception) -> PictureError:
    """Sort a decoder's exception into truncated and otherwise unreadable."""
    text = first_line(error)
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return PictureError(Reason.TRUNCATED, text)
    return PictureError(Reason.UNREADABLE, text)


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    """Refuse a picture by its number of pixels, before anything else is asked of it that could decode it."""
    if image.width * image.height > max_pixels:
        raise PictureError(Reason.TOO_LARGE, f"{size_text(image.size)} is over the limit of {max_pixels} pixels")


def _check_size(header: Header, expected: Size | None) -> None:
    """Refuse a picture neither of whose frames has the expected size."""
    if expected is not None and expected not in {header.upright, header.stored}:
        found = size_text(header.upright)
        if header.stored != header.upright:
            found += f" (stored {size_text(header.stored)})"
        raise PictureError(Reason.WRONG_SIZE, f"the picture is {found}, the label says {size_text(expected)}")


def _header(image: Image.Image, exif: Image.Exif) -> Header:
    """Read both frames' sizes."""
    orientation = exif.get(_ORIENTATION_TAG, 1)
    if orientation not in _TO_UPRIGHT:
        orientation = 1
    own: Size = image.size
    turned = own[::-1] if orientation >= 5 else own
    file_format = "JPEG" if image.format == "MPO" else str(image.format)
    # Pillow swaps the sides of a TIFF by its tag when it opens it, by XMP only when it loads it.
    is_upright = file_format == "TIFF" and _ORIENTATION_TAG in getattr(image, "tag_v2", {})
    upright, stored = (own, turned) if is_upright else (turned, own)
    is_rgb = image.mode == "RGB" and "transparency" not in image.info
    return Header(file_format, upright, stored, orientation, is_rgb)


def _in_frame(image: Image.Image, header: Header, expected: Size | None) -> Image.Image:
    """Turn a loaded picture to the frame whose size is the expected one, upright where both are."""
    upright_wanted = expected is None or expected == header.upright
    is_upright = header.format == "TIFF" or header.orientation == 1
    if upright_wanted == is_upright or header.orientation == 1:
        return image
    return image.transpose((_TO_UPRIGHT if upright_wanted else _TO_STORED)[header.orientation])


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB. Transparency is dropped, as trainers do; deep pixels are scaled, not clipped.

    Args:
        image: Its pixels are loaded.

    Raises:
        PictureError: Its colours cannot be converted.
    """
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_deep_to_8_bit(np.asarray(image), image.mode)).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        if converted is None:
            raise PictureError(Reason.UNREADABLE, "the LAB colours cannot be converted")
        return converted
    if image.mode in {"P", "PA", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode == "La":
        image = image.convert("LA")
    return image.convert("RGB")


def _deep_to_8_bit(pixels: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Scale pixels of more than 8 bits to 0..255.

    16-bit modes have the full scale 65,535. 32-bit integers and floats do not tell theirs: it is the smallest of 1
    (floats), 255 and 65,535 that holds the brightest pixel, else that pixel.

    Args:
        pixels: (H, W).
        mode: Pillow's mode: ``I``, ``I;16...`` or ``F``.
    """
    with np.errstate(all="ignore"):  # a NaN that signals
        values = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(values.max(initial=0.0))
    scales = [65535.0] if mode.startswith("I;16") else [255.0, 65535.0] if mode == "I" else [1.0, 255.0, 65535.0]
    full = next((scale for scale in scales if peak <= scale), peak)
    return np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)
