"""What a borrowed GPU machine does with its minutes: measure the speed, and train ``rain`` large and then small.

    python3 models/gpu/run.py --minutes 13 --out DIR [--parts bench,train] [--device cuda] [--toy]

Run in the root of the tree, where ``models/gpu/pack.py`` has put ``.gpu``. Everything that is trained and translated
is done by ``tpsence train``, ``augment`` and ``export``. Each part has a share of the minutes, counted from the start
of this script; what fails is logged and the rest goes on, and what there is so far is in DIR at any time:

    bench.txt                          the tables of the benchmarks
    large.safetensors.0, .1, ...       the large generator in half precision, in parts
    small.safetensors                  the small one
    metrics.jsonl                      the losses of all runs
    sheet.jpg                          held-out frames, beside what the large and the small one make of them
    sha256.txt                         what models/gpu/unpack.py checks
    log.txt                            when what began and ended, and what failed

Until the wheels are installed nothing but Python's own library is needed.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_BENCH_S = 150.0
"""The most that all benchmarks take."""
_SHARES = {"start": 0.28, "large": 0.72, "small": 1.0}
"""Until when each training lasts, of what is left after the benchmarks."""
_AVERAGE = "optim.ema=0.998"
"""What a rate that falls would do, an average over 500 steps does without telling beforehand how many steps will fit:
to find that out, a run would have to begin a second time, which is half a minute."""
_TAIL = 25
"""Lines of what a failed command has said that go into the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large everything is: the same work for a GPU and, for the tests, on a CPU."""

    bench: Mapping[str, tuple[float, Sequence[str]]]
    """Seconds at most and the command of each benchmark."""
    large: Sequence[str] = ()
    """Changes of the presets ``large_rain_start`` and ``large_rain``."""
    small: Sequence[str] = ()
    """Changes of ``light_rain_start``."""
    starts: bool = True
    """Whether the small generator begins with the weights that were packed; a toy is of another size."""
    epochs: int = 100_000
    """Where the time is not over before."""
    start_s: float = 16.0
    """How long a command takes until its time begins to count: imports, mostly."""
    finish_s: float = 45.0
    """Kept for exports and the sheet."""
    part: int = 15 * 2**20
    """Bytes of the largest file that is brought back."""
    workers: str = "12"
    """As the commands have it for ``--workers``."""


FULL = Scale(
    bench={
        "augment": (
            75,
            ("augment.py", "--precision", "bf16", "--size", "1280x720", "--images", "200", "--repeats", "1"),
        ),
        "train": (
            50,
            ("train.py", "--precision", "bf16", "--batch-size", "16", "--steps", "10", "--repeats", "1"),
        ),
        "precision": (25, ("precision.py", "--precision", "fp32,bf16", "--limit", "12", "--images", "{tests}")),
    },
    large=("run.grid_every=0", _AVERAGE),
    small=("run.grid_every=0", "optim.batch_size=16", "run.save_every=500", _AVERAGE),
)
_TOY = (
    *("model.ngf=4", "model.blocks=4", "model.projection=8", "loss.layers=0,4,8", "loss.patches=16"),
    *("data.width=64", "optim.batch_size=2", "run.log_every=1", "run.grid_every=0"),
)
TOY = Scale(
    bench={"precision": (60, ("precision.py", "--precision", "fp32", "--limit", "1", "--images", "{tests}"))},
    large=_TOY,
    small=_TOY,
    starts=False,
    epochs=1,
    start_s=0,
    finish_s=0,
    part=2**15,
    workers="0",
)


class PartError(Exception):
    """A part of the work did not come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where things are."""

    kit: Path
    """What ``pack.py`` has made."""
    out: Path
    """What is brought back."""
    work: Path
    """Everything else."""

    @property
    def site(self) -> Path:
        """Where the wheels are installed."""
        return self.work / "site"

    @property
    def data(self) -> Path:
        """The data set that is packed."""
        return self.kit / "data"


class Session:
    """Runs commands within the minutes and writes down how it went.

    Args:
        place: Where things are.
        scale: How large they are.
        minutes: From now on.
        device: As the commands have it for ``--device``.
        clock: Tells the seconds since some moment.
    """

    def __init__(
        self, place: Place, scale: Scale, minutes: float, device: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.place, self.scale, self.device = place, scale, device
        self._clock, self._began, self.end = clock, clock(), 60 * minutes
        self._complaints = place.work / "stderr.txt"

    def now(self) -> float:
        """Return the seconds since the beginning."""
        return self._clock() - self._began

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.end - self.now()

    def say(self, text: str) -> None:
        """Write a line into the log."""
        line = f"{self.now():6.1f} s  {text}"
        print(line, flush=True)
        with (self.place.out / "log.txt").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    def part(self, name: str, work: Callable[[], None]) -> None:
        """Do a part of the work; what it fails of is logged, and the next one begins."""
        began = self.now()
        try:
            work()
        except Exception as error:  # whatever it is, the minutes that are left are worth more than a clean end
            self.say(f"{name}: FAILED after {self.now() - began:.0f} s: {type(error).__name__}: {error}")
        else:
            self.say(f"{name}: done in {self.now() - began:.0f} s")

    def run(self, command: Sequence[str], seconds: float) -> str:
        """Run a command in the root and return what it prints on stdout.

        Its processes are ended with it when the time is over: a decoder that is left would hold the GPU's memory.

        Raises:
            PartError: It failed, or the time was over.
        """
        seconds = min(seconds, self.left())
        if seconds <= 0:
            raise PartError(f"no time left for {' '.join(command[1:4])}")
        paths = [str(self.place.site), str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUNBUFFERED": "1"}
        with self._complaints.open("wb") as stderr:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
            )
            try:
                printed, _ = process.communicate(timeout=seconds)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise PartError(f"not done after {seconds:.0f} s; {self._complaint()}") from None
                raise
        if process.returncode:
            raise PartError(f"exit code {process.returncode}; {self._complaint()}")
        return printed.decode("utf-8", "replace")

    def tpsence(self, *words: str | Path, seconds: float) -> str:
        """Run a command of tpsence."""
        return self.run([sys.executable, "-m", "tpsence", *map(str, words)], seconds)

    def hand_over(self, file: Path, name: str) -> None:
        """Put a file to what is brought back, in parts where it is large, with its hash."""
        content = file.read_bytes()
        size = self.scale.part
        pieces = [content[first : first + size] for first in range(0, len(content), size)]
        for index, piece in enumerate(pieces):
            (self.place.out / (name if len(pieces) == 1 else f"{name}.{index}")).write_bytes(piece)
        with (self.place.out / "sha256.txt").open("a", encoding="utf-8") as sums:
            sums.write(f"{hashlib.sha256(content).hexdigest()}  {name}\n")

    def _complaint(self) -> str:
        """Return the end of what the last command has said."""
        lines = self._complaints.read_text("utf-8", "replace").splitlines()[-_TAIL:]
        return "it said:\n" + "\n".join(f"    {line}" for line in lines)


class Training:
    """The large generator and the small one that imitates it.

    Args:
        session: Runs the commands.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.scale, self.place = session.scale, session.place
        self._began = session.now()
        self._trained: dict[str, Path] = {}

    def all(self) -> None:
        """Do it, part after part."""
        for name, work in (
            ("large_rain_start", self.start),
            ("large_rain", self.large),
            ("large generator, half precision", self.bring_large),
            ("small generator", self.small),
            ("small generator, half precision", self.bring_small),
            ("sheet", self.sheet),
        ):
            self.session.part(name, work)

    def start(self) -> None:
        """Train the large generator towards the targets alone."""
        self._run("start", "large_rain_start", self.place.data, self.scale.large)

    def large(self) -> None:
        """Go on with all losses."""
        changes = [*self.scale.large]
        if "start" in self._trained:
            changes.append(f"model.init={self._trained['start']}")
        self._run("large", "large_rain", self.place.data, changes)

    def bring_large(self) -> None:
        """Bring back the large generator, as far as it has come."""
        self._export(self._best_large(), "large")

    def small(self) -> None:
        """Let the small generator imitate the large one on all clear frames."""
        data = self.place.work / "imitated"
        shutil.copytree(self.place.data, data, ignore=shutil.ignore_patterns("trainP", "trainS", "trainT"))
        self._augment(self.place.data / "trainA", data / "trainP", self._best_large())
        changes = [*self.scale.small]
        start = self.place.kit / "start.safetensors"
        if start.is_file() and self.scale.starts:
            changes.append(f"model.init={start}")
        self._run("small", "light_rain_start", data, changes)

    def bring_small(self) -> None:
        """Bring back the small generator."""
        self._export(self._weights("small"), "small")

    def sheet(self) -> None:
        """Put the held-out frames beside what the generators make of them."""
        tests = self.place.kit / "tests"
        columns = [tests]
        for name in ("large", "small"):
            file = self.place.work / f"{name}.safetensors"
            if file.is_file():
                columns.append(self.place.work / "sheet" / name)
                self._augment(tests, columns[-1], file)
        write_sheet(columns, self.place.out / "sheet.jpg")

    def _until(self, name: str) -> float:
        """Return when a training has to end, in seconds since the beginning."""
        last = self.session.end - self.scale.finish_s
        return self._began + _SHARES[name] * (last - self._began)

    def _run(
        self,
        name: str,
        preset: str,
        data: Path,
        changes: Sequence[str],
    ) -> None:
        """Train for the share of the time that a run of that name has."""
        budget = self._until(name) - self.session.now()
        seconds = max(1.0, budget - self.scale.start_s)
        out = self.place.work / name
        words: list[str | Path] = ["--max-time", f"{seconds:.1f}s", "--json", "--quiet", *self._how()]
        for change in (*changes, f"optim.epochs={self.scale.epochs}", "optim.decay_epochs=0"):
            words += ["--set", change]
        # It ends by itself. A late end costs the next part some seconds, one that is killed what it has learnt.
        patience = budget + self.scale.start_s + 60
        try:
            printed = self.session.tpsence("train", preset, "--data", data, "--out", out, *words, seconds=patience)
        finally:
            if (out / "generator.safetensors").is_file():
                self._trained[name] = out / "generator.safetensors"
            self._gather_metrics()
        summary: dict[str, Any] = json.loads(printed)
        losses = {key: round(value, 3) for key, value in summary["losses"].items() if value}
        self.session.say(f"{name}: step {summary['step']}, {summary['seconds']:.0f} s, {losses}")

    def _gather_metrics(self) -> None:
        """Put the losses of all runs into one file."""
        with (self.place.out / "metrics.jsonl").open("w", encoding="utf-8") as gathered:
            for name in _SHARES:
                file = self.place.work / name / "metrics.jsonl"
                for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
                    gathered.write(json.dumps({"run": name, **json.loads(line)}) + "\n")

    def _augment(self, images: Path, out: Path, weights: Path) -> None:
        """Translate a folder, the light alone."""
        words: list[str | Path] = [
            "--weights",
            weights,
            "--out",
            out,
            "--water",
            "none",
            "--no-report",
            "--quiet",
            *self._how(),
        ]
        self.session.tpsence("augment", "--images", images, *words, seconds=90)

    def _how(self) -> tuple[str, ...]:
        """Return the options of how work is done."""
        return "--device", self.session.device, "--workers", self.scale.workers

    def _export(self, weights: Path, name: str) -> None:
        """Bring back a generator in half precision."""
        file = self.place.work / f"{name}.safetensors"
        self.session.tpsence("export", weights, "--out", file, "--half", "--overwrite", seconds=60)
        self.session.hand_over(file, file.name)

    def _best_large(self) -> Path:
        """Return the large generator that has come furthest."""
        return self._weights("large") if "large" in self._trained else self._weights("start")

    def _weights(self, name: str) -> Path:
        """Return what a run has trained."""
        if name not in self._trained:
            raise PartError(f"the run {name} has left no weights")
        return self._trained[name]


def install(session: Session) -> None:
    """Install the wheels beside Python's own packages."""
    wheels = sorted(map(str, (session.place.kit / "wheels").glob("*.whl")))
    if not wheels:
        raise PartError("no wheels")
    words = ["install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile", "--target"]
    session.run([sys.executable, "-m", "pip", *words, str(session.place.site), *wheels], 90)


def bench(session: Session) -> None:
    """Measure the speed, each benchmark in its own time; bench.txt has what those have printed that came to an end."""
    until = min(session.now() + _BENCH_S, session.end)
    failed = []
    for name, (seconds, words) in session.scale.bench.items():
        script, *options = (word.format(tests=session.place.kit / "tests") for word in words)
        command = [sys.executable, str(ROOT / "benchmarks" / script), *options, "--device", session.device]
        began = session.now()
        try:
            printed = session.run(command, min(seconds, until - began))
        except PartError as error:
            printed = f"FAILED: {error}"
            failed.append(name)
        with (session.place.out / "bench.txt").open("a", encoding="utf-8") as file:
            file.write(f"$ {script} {' '.join(options)}\n{printed}\n")
        session.say(f"bench, {name}: {session.now() - began:.0f} s")
    if failed:
        raise PartError(f"see bench.txt for {', '.join(failed)}")


def write_sheet(columns: Sequence[Path], file: Path, width: int = 480) -> None:
    """Write pictures of the same names in some folders side by side, a row for each name of the first folder."""
    from PIL import Image

    rows = []
    for name in sorted(one.name for one in columns[0].glob("*.jpg")):
        pictures = [Image.open(folder / name).convert("RGB") for folder in columns if (folder / name).is_file()]
        height = round(width * pictures[0].height / pictures[0].width)
        row = Image.new("RGB", (width * len(columns), height))
        for index, picture in enumerate(pictures):
            row.paste(picture.resize((width, height), Image.Resampling.BICUBIC), (index * width, 0))
        rows.append(row)
    sheet = Image.new("RGB", (width * len(columns), sum(row.height for row in rows)))
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    sheet.save(file, quality=90)


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and do it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True, help="for everything, from the start of this script")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is brought back")
    parser.add_argument("--parts", default="bench,train", help="what to do, with commas (bench,train)")
    parser.add_argument("--device", default="cuda", help="as tpsence train has it (cuda)")
    parser.add_argument("--kit", type=Path, default=ROOT / ".gpu", help="what pack.py has made (.gpu)")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "gpu", help="folder for all else (build/gpu)")
    parser.add_argument("--toy", action="store_true", help="tiny networks and few steps, to try it on a CPU")
    given = parser.parse_args(words)
    place = Place(kit=given.kit.resolve(), out=given.out.resolve(), work=given.work.resolve())
    shutil.rmtree(place.work, ignore_errors=True)
    for folder in (place.out, place.work):
        folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the command in flight is ended too
    session = Session(place, TOY if given.toy else FULL, given.minutes, given.device)
    session.say(f"{given.minutes:g} minutes, {given.parts}, Python {sys.version.split()[0]}")
    session.part("install", lambda: install(session))
    if "bench" in given.parts.split(","):
        session.part("bench", lambda: bench(session))
    if "train" in given.parts.split(","):
        Training(session).all()
    session.say("end")


if __name__ == "__main__":
    main()
