"""Join what ``models/gpu/run.py`` has brought back, and check it.

    python models/gpu/unpack.py FOLDER --out DIR

DIR gets the generators as files that ``tpsence augment --weights`` takes, and the tables, the losses and the sheet.
"""

import argparse
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

_OTHERS = ("bench.txt", "metrics.jsonl", "sheet.jpg", "log.txt")
_NEXT = """
Look at {out}/sheet.jpg: source, large, small. Then measure on frames that were not trained on:
  tpsence augment --images HELD_OUT/clear --weights {out}/small.safetensors --water none --out build/light
  tpsence evaluate build/light --before HELD_OUT/clear --real HELD_OUT/rainy --model road-lite
What is better than the packaged rain becomes it (models/README.md, CONTRIBUTING.md: Replace the packaged weights), and
models/figures.py prints its card. The tables in bench.txt go into docs/performance.md."""


def unpack(folder: Path, out: Path) -> list[Path]:
    """Join the parts of each file and return the files.

    Args:
        folder: What was brought back.
        out: Where to write.

    Raises:
        SystemExit: A part is missing, or a file is not what it was.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in _OTHERS:
        if (folder / name).is_file():
            shutil.copy(folder / name, out / name)
    return [_joined(folder, name, wanted, out) for name, wanted in _sums(folder).items()]


def _sums(folder: Path) -> dict[str, str]:
    """Read the hashes of the files; there are none where nothing was trained."""
    file = folder / "sha256.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else ()
    return {name: wanted for wanted, name in (line.split("  ", 1) for line in lines)}


def _joined(folder: Path, name: str, wanted: str, out: Path) -> Path:
    """Write a file from its parts."""
    parts = sorted(folder.glob(f"{name}.[0-9]*"), key=lambda part: int(part.name.rpartition(".")[2]))
    content = b"".join(part.read_bytes() for part in parts or [folder / name] if part.is_file())
    if hashlib.sha256(content).hexdigest() != wanted:
        raise SystemExit(f"{folder / name}: not what was trained (SHA-256); is a part missing?")
    written = out / Path(name).name
    written.write_bytes(content)
    return written


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and unpack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what was brought back")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    given = parser.parse_args(words)
    if not (given.folder / "log.txt").is_file():
        raise SystemExit(f"{given.folder}: no log.txt in it; give the folder that models/gpu/run.py was told as --out")
    for file in unpack(given.folder, given.out):
        print(f"{file}: {file.stat().st_size:,} bytes")
    print(_NEXT.format(out=given.out).strip())


if __name__ == "__main__":
    main()
