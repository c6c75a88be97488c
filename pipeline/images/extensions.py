"""Pictures by the extension of their name: importing this module is quick."""

EXTENSIONS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".mpo": "JPEG",
    ".png": "PNG",
    ".apng": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".dib": "BMP",
}
"""Format by extension, lower case. Phones write MPO, a JPEG with more pictures behind it."""
OTHER_PICTURES = frozenset(
    {".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".psd", ".tga", ".ppm", ".pgm", ".pbm", ".pnm", ".exr"}
    | {".hdr", ".ico", ".icns", ".svg", ".dds", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2"}
)
"""Extensions of pictures in formats that are not read; in a folder they are skipped by name, not overlooked."""
