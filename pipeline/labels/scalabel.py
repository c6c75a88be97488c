"""Scalabel JSON, the format of BDD100K: the parsed file goes out with nothing changed but file names.

Format: https://doc.scalabel.com/format.html. A file is a list of frames, or an object with the list ``frames``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.geometry import Size
from pipeline.labels.coco import stated_size
from pipeline.labels.interface import LabelledPicture, Proof
from pipeline.labels.json_file import AS_JSON, Json, JsonFile, JsonLabels, identical, prove
from pipeline.labels.locate import find_image_root
from pipeline.names import safe_relative
from tpsence.errors import LabelError


class ScalabelLabels(JsonLabels):
    """A Scalabel label file.

    Args:
        path: The file.
        source: Its content.
        images: The folder that ``name`` (for videos ``videoName/name``) is relative to, or None to look for it.

    Raises:
        LabelError: The file is not Scalabel JSON, or its pictures are not found.
        UnsafeNameError: A file name leaves its folder.
    """

    format = "scalabel"
    name_key = "name"

    def __init__(self, path: Path, source: JsonFile, images: Path | None) -> None:
        frames = _frames(source.tree, path)
        if not frames:
            raise LabelError(f"{path}: no frames", "There is nothing to translate.")
        places = [f"{path}: frames[{index}]" for index in range(len(frames))]
        plain = [safe_relative(frame["name"], place) for frame, place in zip(frames, places, strict=True)]
        below_video = [_below_video(*three) for three in zip(plain, frames, places, strict=True)]
        root = images or find_image_root(path, plain + below_video)
        default = _default_size(source.tree)
        pictures = [
            LabelledPicture(name, _frame_size(frame) or default)
            for name, frame in zip(_where_present(root, plain, below_video), frames, strict=True)
        ]
        super().__init__(path, source.sha256, root, pictures)

    def _filtered(self, tree: Json, kept: Mapping[str, str]) -> Json:
        """Return the tree with the kept frames, renamed."""
        frames = self._kept_records(_frames(tree, self.path), kept)
        return frames if isinstance(tree, list) else {**tree, "frames": frames}

    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], target: Path) -> Proof:
        """Compare what was written with the source, frame by frame."""
        prove(type(source) is type(written), target, "types")
        if isinstance(source, dict):
            rest = {key: value for key, value in source.items() if key != "frames"}
            copied = {key: value for key, value in written.items() if key != "frames"}
            prove(list(source) == list(written) and identical(rest, copied), target, "top-level keys")
        frames = _frames(written, target)
        self._prove_records(_frames(source, self.path), frames, kept, target)
        labels = [frame.get("labels") for frame in frames]
        annotations = sum(len(one) for one in labels if isinstance(one, list))
        return Proof(files=1, pictures=len(frames), annotations=annotations, how=AS_JSON)


def _frames(tree: Json, path: Path) -> list[Json]:
    """The frames of a Scalabel tree."""
    frames = tree.get("frames") if isinstance(tree, dict) else tree
    if not isinstance(frames, list):
        raise LabelError(f"{path}: no list of frames: not Scalabel JSON", "Name the format with --format.")
    for index, frame in enumerate(frames):
        if not isinstance(frame, dict) or "name" not in frame:
            raise LabelError(f"{path}: frames[{index}] has no 'name'", "Correct the entry, or remove it.")
    return frames


def _below_video(name: str, frame: Json, place: str) -> str:
    """The name below its video's folder, as the tracking sets of BDD100K are laid out."""
    video = frame.get("videoName")
    return f"{safe_relative(video, place)}/{name}" if video else name


def _where_present(root: Path, plain: Sequence[str], below_video: Sequence[str]) -> list[str]:
    """Choose for each frame the name below its video's folder where there is such a folder, else the plain one."""
    folders = {name.rpartition("/")[0] for name in below_video}
    present = {folder for folder in folders if folder and (root / folder).is_dir()}
    return [full if full.rpartition("/")[0] in present else name for name, full in zip(plain, below_video, strict=True)]


def _frame_size(frame: Json) -> Size | None:
    """(W, H) that one frame states."""
    size = frame.get("size")
    return stated_size(size) if isinstance(size, dict) else None


def _default_size(tree: Json) -> Size | None:
    """(W, H) that the file states for all frames, in ``config.imageSize`` or as older files do in ``config``."""
    config = tree.get("config") if isinstance(tree, dict) else None
    size = config.get("imageSize", config) if isinstance(config, dict) else None
    return stated_size(size) if isinstance(size, dict) else None
