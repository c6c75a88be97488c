"""Where everything is in an output folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.lines import LineFile
from pipeline.files.rooted import Rooted
from pipeline.files.whole import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from pipeline.output.run_file import RUN_FILE

SKIPPED_FILE = "skipped.jsonl"
FLAGGED_FILE = "flagged.jsonl"
VARIANTS_FILE = "variants.csv"
REPORT_FILE, BOXES_FILE = "report.html", "boxes.csv"
EVALUATION_FILE, CSV_FILE = "evaluation.json", "evaluation.csv"
_STATE = ".tpsence"
_BESIDE = (SKIPPED_FILE, FLAGGED_FILE, VARIANTS_FILE, REPORT_FILE, BOXES_FILE, EVALUATION_FILE, CSV_FILE)
"""What runs leave beside their output, without ``run.json``."""
RESERVED = (RUN_FILE, *_BESIDE, _STATE)
"""Names at the top of the output folder that belong to the tool."""
_LOCK = "lock"
_CLAIM = f"{_LOCK}-claim"


def is_own(name: str) -> bool:
    """Tell whether a name at the top of an output folder is the tool's own, finished or not."""
    return name in RESERVED or (name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX))


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of the tool's own files in an output folder."""

    root: Rooted
    """The output folder."""
    tag: str
    """Distinguishes the files of a shard, empty for a run without shards."""
    writer: str = ""
    """Distinguishes the files that one process is writing, empty for the one that holds the folder."""

    @property
    def path(self) -> Path:
        """The output folder."""
        return self.root.path

    @property
    def temporary_tag(self) -> str:
        """What names of files have that are not whole yet; it ends in the tag of the shard, by which they are found."""
        return self.writer + self.tag

    @property
    def state(self) -> Path:
        """The folder of what the tool itself needs."""
        return self.path / _STATE

    @property
    def listing(self) -> Path:
        """The list of all files of this shard."""
        return self.state / f"files{self.tag}.txt"

    @property
    def listings(self) -> list[Path]:
        """The lists of all shards that have ever written here."""
        return sorted(self.state.glob("files*.txt"))

    @property
    def done(self) -> Path:
        """What a shard leaves when it has finished."""
        return self.done_of(self.tag)

    def done_of(self, tag: str) -> Path:
        """What the shard of a tag leaves when it has finished."""
        return self.state / f"done{tag}.json"

    def skipped_of(self, tag: str) -> Path:
        """The list of skips of the shard of a tag."""
        return self.state / f"skipped{tag}.jsonl"

    def journal(self, name: str) -> LineFile:
        """A file of this shard's own, for what is added to it line by line."""
        return LineFile(self.root, f"{_STATE}/{name}{self.tag}.jsonl")

    def journals(self, name: str) -> list[Path]:
        """The files of that name that shards have written."""
        return sorted(self.state.glob(f"{name}*.jsonl"))

    @property
    def lock(self) -> Path:
        """The lock of this shard."""
        return self.state / f"{_LOCK}{self.tag}"

    @property
    def claim(self) -> Path:
        """The lock for the moment in which ``run.json`` is checked and made."""
        return self.state / _CLAIM

    @property
    def other_locks(self) -> list[Path]:
        """The locks of all other shards that have ever written here."""
        return sorted(file for file in self.state.glob(f"{_LOCK}*") if file not in {self.lock, self.claim})

    @property
    def records(self) -> list[Path]:
        """What runs have left beside their output: all but the locks and ``run.json``."""
        state = [file for file in self.state.glob("*") if not file.name.startswith(_LOCK)]
        return [*state, *(self.path / name for name in _BESIDE)]

    @property
    def own(self) -> list[Path]:
        """All that belongs to the tool and that a link could be in the place of."""
        return [*(self.path / name for name in RESERVED), *sorted(self.state.glob("*"))]

    def write(self, file: Path, lines: Iterable[str]) -> None:
        """Write one of these files, whole or not at all.

        Args:
            file: Which.
            lines: Its text, without the ends of lines.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: There is a link on the way.
        """
        self.root.write(self._name(file), "".join(line + "\n" for line in lines).encode(), tag=self.temporary_tag)

    def remove(self, file: Path) -> None:
        """Remove one of these files, if it is there.

        Raises:
            OSError: It cannot be removed.
            UnsafeNameError: There is a link on the way.
        """
        self.root.remove(self._name(file))

    def unshare(self) -> None:
        """Make those files anew that a shard adds to and that are files elsewhere too, as in a copy made of hard links.

        Raises:
            OSError: One cannot be written.
            UnsafeNameError: There is a link on the way.
        """
        for file in self.state.glob(f"*{self.tag}.jsonl"):
            found = self.root.state(self._name(file))
            if found is not None and found.st_nlink > 1:
                self.root.write(self._name(file), file.read_bytes(), tag=self.temporary_tag)

    def make_state(self) -> None:
        """Make the folder of what the tool itself needs.

        Raises:
            OSError: It cannot be made.
            UnsafeNameError: A link is in its place.
        """
        with self.root.folder(_STATE, make=True):
            pass

    def _name(self, file: Path) -> str:
        """The POSIX path of a file below the output folder."""
        return file.relative_to(self.path).as_posix()
