"""Run the tests that need no torch, and mypy, on the other Pythons that are promised and are on this machine.

``make lint test`` has run everything on the Python of ``.venv``. Each of the others gets a virtual environment below
``build/pythons`` with all dependencies but torch and what needs it, compiles every file, warnings being errors, and
runs the tests listed in ``tests/without_torch.txt``. mypy checks the oldest and the newest Python, with the packages
of ``.venv``: what one release brought and another took from the standard library shows there, torch or not. ruff is
not run again: its target is the oldest Python anyway.

The last line tells each Python's end, and which are not on this machine. The exit code is 1 if one failed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "pythons"
NEWEST = (3, 14)
"""The newest Python that is looked for; the oldest is the package's own promise."""
NEED_TORCH = {"torch", "torchvision", "onedl-mmcv", "onedl-mmsegmentation", "onedl-mmpretrain"}
TEST_TOOLS = {"hypothesis", "psutil", "pytest"}
CODE = ("tpsence", "pipeline", "cli", "configs", "tests", "examples", "benchmarks", "models")
_PROBE = "import sys, venv, ensurepip, json; print(json.dumps([*sys.version_info[:2], sys.executable]))"
_SHOWN_LINES = 60

Version = tuple[int, int]


class StepError(Exception):
    """A command failed; the message names it."""


@dataclass(frozen=True)
class Step:
    """A command and what to call it."""

    name: str
    command: Sequence[str | Path]


def text(version: Version) -> str:
    """Write a version as ``3.10``."""
    return ".".join(map(str, version))


def promised() -> list[Version]:
    """Return the Pythons from the oldest that the package promises to the newest that is looked for."""
    match = re.fullmatch(r">=3\.(\d+)", metadata.metadata("tpsence")["Requires-Python"])
    if match is None:
        raise SystemExit("requires-python is no lower bound: .ci/pythons.py reads only that")
    return [(3, minor) for minor in range(int(match[1]), NEWEST[1] + 1)]


def candidates(version: Version) -> Iterator[Path]:
    """Yield what may be an interpreter: on the path, then those that pyenv keeps."""
    name = f"python{text(version)}"
    for folder in os.get_exec_path():
        if shutil.which(name, path=folder):
            yield Path(folder) / name
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"{text(version)}*/bin/{name}"))


def find(version: Version) -> Path | None:
    """Return an interpreter that runs, is of that version and can make a virtual environment; a shim may do none."""
    for candidate in candidates(version):
        ran = subprocess.run([candidate, "-c", _PROBE], capture_output=True, text=True, check=False)
        if ran.returncode == 0:
            major, minor, executable = json.loads(ran.stdout)
            if (major, minor) == version:
                return Path(executable)
    return None


def requirements() -> list[str]:
    """Return the package's dependencies and the tools of its tests, without torch and what needs it."""
    needed = []
    for requirement in metadata.requires("tpsence") or []:
        wanted, _, condition = requirement.partition(";")
        match = re.match(r"[\w.-]+", wanted)
        name = match[0] if match else wanted
        if name in TEST_TOOLS if condition else name not in NEED_TORCH:
            needed.append(wanted.strip())
    return needed


def upper_bounds() -> str:
    """Return the tested versions as upper bounds: a Python that a version is not made for takes one before it."""
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("==", "<=")


def selection() -> list[str]:
    """Return pytest's words for what ``tests/without_torch.txt`` lists."""
    lines = (ROOT / "tests" / "without_torch.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    left_out = {entry[1:].strip() for entry in entries if entry.startswith("-")}
    files = [entry for entry in entries if not entry.startswith("-") and entry not in left_out]
    return [*files, *(word for name in sorted(left_out) if "::" in name for word in ("--deselect", name))]


def steps(version: Version, interpreter: Path) -> Iterator[Step]:
    """Yield what is done with a Python."""
    folder = WORK / text(version)
    python = folder / "bin" / "python"
    yield Step("virtual environment", (interpreter, "-m", "venv", folder))
    quiet = ("--disable-pip-version-check", "-q", "--only-binary", ":all:", "-c", WORK / "upper-bounds.txt")
    yield Step("dependencies", (python, "-m", "pip", "install", *quiet, *requirements()))
    yield Step("compiling", (python, "-W", "error", "-m", "compileall", "-q", "-f", *CODE))
    yield Step("tests", (python, "-m", "pytest", "-q", "-o", f"cache_dir={folder}/cache", *selection()))


def mypy(version: Version) -> Step:
    """Return the check of the package's types as a Python has them."""
    words = ("--python-version", text(version), "--cache-dir", WORK / "mypy")
    return Step(f"mypy as {text(version)}", (sys.executable, "-m", "mypy", *words))


def run(step: Step, log: Path) -> None:
    """Run a command below the root.

    Raises:
        StepError: It failed; its output is in the log and was printed.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(WORK / "bytecode")}
    with log.open("a+", encoding="utf-8") as out:
        start = out.tell()
        ran = subprocess.run(step.command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False)
        out.seek(start)
        said = out.read().splitlines()
    if ran.returncode:
        raise StepError("\n".join([f"{step.name}: exit code {ran.returncode} ({log})", *said[-_SHOWN_LINES:]]))


def check(name: str, todo: Sequence[Step]) -> str | None:
    """Run commands one after the other, and return None or what failed."""
    log = WORK / f"{name}.log"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    for step in todo:
        try:
            run(step, log)
        except StepError as error:
            print(f"{name}: {error}", flush=True)
            return step.name
    print(f"{name}: ok in {time.monotonic() - began:.0f} s", flush=True)
    return None


def main() -> int:
    """Check all, two at a time, and return the exit code."""
    own = (sys.version_info.major, sys.version_info.minor)
    found = {version: find(version) for version in promised() if version != own}
    there = {version: python for version, python in found.items() if python}
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "upper-bounds.txt").write_text(upper_bounds(), encoding="utf-8")
    jobs = {text(version): list(steps(version, python)) for version, python in there.items()}
    if there:
        jobs["mypy"] = [mypy(version) for version in sorted({min(there), max(there)})]
    with ThreadPoolExecutor(2) as pool:
        failed = dict(zip(jobs, pool.map(check, jobs, jobs.values()), strict=True))
    ends = {text(own): "by make lint test"}
    ends |= {text(version): f"{failed[text(version)]} failed" if failed[text(version)] else "ok" for version in there}
    absent = ", ".join(text(version) for version, python in found.items() if not python)
    summary = ", ".join(f"{version}: {ends[version]}" for version in sorted(ends, key=lambda name: int(name[2:])))
    if failed.get("mypy"):
        summary += f"; {failed['mypy']} failed"
    print(summary + (f"; not there: {absent}" if absent else ""))
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main())
