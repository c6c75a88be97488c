"""Every command of the pages is run, or checked by the parser that it is for, or says that it is not run here."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from cli.main import COMMANDS
from docs.options import flags
from pipeline.evaluate.options import EvaluateOptions
from tests.conftest import ROOT
from tests.docs.pages import Command, commands, fences, name, pages, prose
from tests.docs.stage import build, tpsence

OURS = (
    *("tpsence", "torchrun", "make", "pip", "python", "python3", "docker", "kubectl", "ray", "sbatch"),
    "examples/slurm/submit.sh",
)
"""First words of commands."""
CHECKED_ALONE = {"train", "run"}
"""Commands that take long, so that they check what they were told and stop."""
RUN = [one for one in commands() if not one.is_marked]


def of(first: str) -> list[Command]:
    """The commands to be run that begin with a word, each once."""
    return list({tuple(one.words): one for one in reversed(RUN) if one.words[0] == first}.values())[::-1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Path:
    """The folder with everything, to be copied."""
    folder = tmp_path_factory.mktemp("stage")
    build(folder, tiny_weights)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[EvaluateOptions]:
    """Let ``tpsence evaluate``, whose networks take their time, note what it is asked for and end."""
    wanted: list[EvaluateOptions] = []

    def noting(options: EvaluateOptions, stop: object) -> NoReturn:
        del stop
        wanted.append(options)
        raise SystemExit

    monkeypatch.setattr("pipeline.evaluate.job.evaluate", noting)
    return wanted


@pytest.mark.parametrize("command", [*of("tpsence"), *of("examples/slurm/submit.sh")], ids=lambda one: one.place)
def test_a_command_does_what_the_page_says(
    command: Command,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[EvaluateOptions],
) -> None:
    monkeypatch.setenv("TPSENCE_CACHE", str(tmp_path / "cache"))
    words, stage = ours(command.words), tmp_path / "stage"
    shutil.copytree(built, stage)
    prepare(words, stage)
    assert tpsence(stage, checked_alone(words)) == 0
    assert len(asked) == (words[0] == "evaluate")


def ours(words: Sequence[str]) -> list[str]:
    """Return the words of ``tpsence`` itself."""
    if words[0] == "tpsence":
        return list(words[1:])
    shards, out, *rest = words[1:]  # submit.sh, which tests/test_slurm.py runs
    return ["augment", "--shard", f"1/{shards}", "--out", out, *rest]


def checked_alone(words: list[str]) -> list[str]:
    """Return a command, with ``--dry-run`` where it would take long."""
    return [*words, "--dry-run"] if words[0] in CHECKED_ALONE or "my_config.py" in words else words


def prepare(words: Sequence[str], stage: Path) -> None:
    """Do what a reader has done before."""
    rainy = ["augment", "--labels", "data/coco.json", "--out", "rainy", "--no-report"]
    if words[0] == "segment":
        shutil.rmtree(stage / "DATA")
        maps = shutil.ignore_patterns("trainS", "trainT")  # those of others are not touched
        shutil.copytree(stage / "scenes", stage / "DATA", ignore=maps)
    if words[0] == "train" and "--resume" not in words:
        shutil.rmtree(stage / "runs")
    if words[0] == "report":
        assert tpsence(stage, rainy) == 0
    if "--collect" in words:
        assert [tpsence(stage, [*rainy, "--shard", shard]) for shard in ("1/2", "2/2")] == [0, 0]
    if "--maps" in words:
        assert tpsence(stage, ["segment", "--images", "data", "--out", "maps", "--model", "road-lite"]) == 0


@pytest.mark.parametrize("command", of("make"), ids=lambda one: one.place)
def test_make_has_the_target(command: Command) -> None:
    ran = subprocess.run(["make", "-n", *command.words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("command", of("pip"), ids=lambda one: one.place)
def test_pip_takes_the_words_and_finds_the_files(command: Command) -> None:
    parser = pytest.importorskip("pip._internal.commands").create_command("install")
    options, wanted = parser.parse_args(command.words[2:])
    assert command.words[1] == "install"
    assert wanted or options.editables
    for file in options.constraints:
        assert (ROOT / file).is_file()


def test_a_command_is_run_here_or_says_that_it_is_not() -> None:
    known = {"tpsence", "make", "pip", "examples/slurm/submit.sh"}
    assert [one.place for one in RUN if one.words[0] not in known] == []
    assert len(of("tpsence")) > 50


def test_commands_stand_in_blocks_of_bash() -> None:
    elsewhere = [
        f"{fence.page}:{fence.line}"
        for fence in fences()
        if fence.language != "bash" and any(line.split()[:1] and line.split()[0] in OURS for line in lines(fence.text))
    ]
    indented = re.compile(rf"^\s{{4,}}({'|'.join(OURS)}) ", re.MULTILINE)
    assert elsewhere == []
    assert [name(page) for page in pages() if indented.search(prose(page))] == []


def lines(text: str) -> list[str]:
    """The lines of a block that have words."""
    return [line for line in text.splitlines() if line.strip()]


def known_flags() -> set[str]:
    """All flags of the command line."""
    return {flag for command in COMMANDS for flag in flags(command)} | {"--help", "--version", "--install-completion"}


OF_TODAY = [page for page in pages() if page.name != "CHANGELOG.md"]
"""The pages that do not tell of what was."""
OTHERS = {"--user", "--backend"}
"""Flags of Docker and pip, and one that there is not, as the text says."""
SCRIPTS = {"--detection", "--extra", "--minutes", "--parts", "--start"}
"""Flags of the scripts in ``models/``."""


@pytest.mark.parametrize("page", OF_TODAY, ids=name)
def test_a_flag_that_a_text_names_exists(page: Path) -> None:
    named = set(re.findall(r"`(--[a-z][a-z-]*)", prose(page)))
    assert named - known_flags() - OTHERS - (SCRIPTS if "models/" in name(page) else set()) == set()


@pytest.mark.parametrize("page", OF_TODAY, ids=name)
def test_a_command_within_a_text_has_its_options(page: Path) -> None:
    for command, rest in re.findall(r"`(?:python -m )?tpsence ([a-z]+)\b([^`]*)`", prose(page)):
        assert command in COMMANDS
        given = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) - {"--help"}
        assert given <= set(flags(command)), f"{command}{rest}"


def test_a_command_that_is_not_run_has_its_options() -> None:
    for one in commands():
        if one.is_marked and "tpsence" in one.words:
            rest = one.words[one.words.index("tpsence") + 1 :]
            if rest and rest[0] in COMMANDS:
                assert {word for word in rest if word.startswith("--")} <= set(flags(rest[0])), one.place
