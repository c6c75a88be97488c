"""The command line derives from the schemas: an option is written down once."""

import importlib
import json
import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from cli.main import COMMANDS
from cli.schema import Given, command
from pipeline.augment import options as augment_options
from pipeline.engine.schema import Options, Setting, number_or_auto
from tests.cli.conftest import CocoSet, Run
from tests.conftest import ROOT
from tpsence.errors import InputError


class Colour(Enum):
    """Words that a setting can take."""

    RED = "red"
    BLUE = "blue"


class Paint(Options):
    """All kinds of settings."""

    place: Annotated[Path, Setting(positional=True, metavar="PLACE")]
    """Where to paint."""
    colour: Annotated[Colour, Setting(panel="Look")] = Colour.RED
    """What to paint
    with."""
    thick_coats: Annotated[int | None, Setting(panel="Look", parse=lambda text: number_or_auto("x", text), text="auto")]
    """How often."""
    words: Annotated[tuple[str, ...], Setting(flag="say", many=True, metavar="WORD")] = ()
    """What to say."""
    hidden: Annotated[int, Setting(on_line=False)] = 3
    """For Python alone."""


CALLS: list[tuple[Given[Paint], bool]] = []


@command(Paint, after={"loud": "colour"})
def paint_house(given: Given[Paint], loud: Annotated[bool, typer.Option("--loud", help="Sing.")] = False) -> None:
    """Paint a house."""
    CALLS.append((given, loud))


def painted(*words: str) -> tuple[Given[Paint], bool]:
    """Call the command and return what it was called with."""
    app = typer.Typer()
    app.command()(paint_house)
    CALLS.clear()
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 0, ran.output
    return CALLS[0]


def test_what_is_given_reaches_the_options() -> None:
    given, loud = painted("wall", "--colour", "blue", "--thick-coats", "2", "--say", "a", "--say", "b", "--loud")
    assert given.names == {"place", "colour", "thick_coats", "words", "loud"}
    assert given.options() == Paint(place=Path("wall"), colour=Colour.BLUE, thick_coats=2, words=("a", "b"))
    assert loud


def test_what_is_not_given_is_left_to_the_schema() -> None:
    given, loud = painted("wall", "--thick-coats", "auto")
    assert given.values == {"place": Path("wall"), "thick_coats": None}
    assert given.options() == Paint(place=Path("wall"), thick_coats=None)
    assert not loud


def test_the_help_has_the_texts_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    app = typer.Typer()
    app.command()(paint_house)
    shown = CliRunner().invoke(app, ["--help"]).output
    for text in ("Paint a house.", "PLACE", "Where to paint.", "What to paint with.", "Look", "How often.", "WORD"):
        assert text in shown
    assert "red|blue" in shown
    assert "hidden" not in shown


def test_a_text_that_cannot_be_read_is_refused_when_the_command_reads_it() -> None:
    given, _ = painted("wall", "--thick-coats", "many")
    with pytest.raises(InputError, match="`x` 'many': not a number"):
        given.options()


def test_a_place_in_the_help_must_exist() -> None:
    with pytest.raises(ValueError, match="not in list"):
        command(Paint, after={"loud": "none"})(lambda given, loud=False: None)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    function = getattr(importlib.import_module(f"cli.{name}"), name)
    assert function.__doc__.splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["augment", "--help"]])
def test_a_command_imports_no_others_schema(arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['tpsence', *sys.argv[1:]]\n"
        "from cli.main import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in sys.modules if name == 'pydantic' or name.endswith('.options')])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    last = ran.stdout.splitlines()[-1]
    if "augment" in arguments:
        assert "pipeline.augment.options" in last
        assert "pipeline.segment.options" not in last
    else:
        assert "pydantic" not in last
        assert "pipeline" not in last


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["augment"], "error: not given: --out"),
        (["export", "rain"], "error: not given: --out"),
        (["report"], "error: not given: OUT"),
        (["augmen"], "Did you mean augment"),
        (["augment", "--out", "o", "--gate", "maybe"], "--gate 'maybe': not one of 'off', 'flag', 'drop'"),
    ],
)
def test_words_that_mean_nothing_are_refused(tpsence: Run, words: list[str], message: str) -> None:
    ran = tpsence(*words)
    assert ran.code == 2
    assert message in ran.err


FIELD = '''
    grain: Annotated[float, Setting(panel=RESULT, records=True, in_chain=True)] = 0.0
    """Noise of a night camera, 0 to 1."""
'''
PROGRAM = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("pipeline.augment.options", sys.argv[1])
sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import pipeline.augment
pipeline.augment.options = module
sys.argv = ["tpsence", *sys.argv[2:]]
"""


@pytest.fixture
def with_grain(tmp_path: Path) -> "With":
    """Return a function that runs a program where ``AugmentOptions`` has one field more, and nothing else is edited."""
    edited = tmp_path / "edited" / "options.py"
    edited.parent.mkdir()
    source = Path(augment_options.__file__).read_text(encoding="utf-8")
    before = "\n    device: Device"
    assert source.count(before) == 1
    edited.write_text(source.replace(before, FIELD + before), encoding="utf-8")

    def run(program: str, *words: object) -> str:
        code = PROGRAM + program
        environment = {**os.environ, "COLUMNS": "120", "TERM": "dumb"}
        ran = subprocess.run(
            [sys.executable, "-c", code, str(edited), *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run


With = Any
"""``(program, *words) -> what it prints``."""
MAIN = "from cli.main import main\nmain()\n"


@pytest.mark.parametrize("name", ["augment", "run"])
def test_an_option_more_is_one_edit_for_the_help(with_grain: With, name: str) -> None:
    (line,) = [line for line in with_grain(MAIN, name, "--help").splitlines() if "--grain" in line]
    assert "<float>" in line
    assert "Noise of a night camera, 0 to 1. [default: 0.0]" in line


def test_an_option_more_is_one_edit_for_a_run_and_its_record(
    with_grain: With, coco: CocoSet, tiny_weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("--labels", coco.labels, "--weights", tiny_weights, "--out", out, "--grain", "0.25", "--no-report")
    with_grain(MAIN, "augment", *words, "--quiet", "--device", "cpu")
    settings = list(json.loads((out / "run.json").read_bytes())["settings"].items())
    assert ("grain", 0.25) in settings
    assert settings[settings.index(("grain", 0.25)) - 1] == ("pairs_target", None)


def test_an_option_more_is_one_edit_for_a_chain(with_grain: With, tmp_path: Path) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text("{clear: a, rainy: b, out: c, augment: {grain: 0.5}}")
    show = """
import json
from pathlib import Path
from pipeline.run import settings_file
def show(config):
    print(json.dumps([config.as_dict()["augment"]["grain"], config.augment_options().grain]))
    sys.exit()
import pipeline.run.prepare
pipeline.run.prepare.prepare_chain = show
"""
    assert json.loads(with_grain(show + MAIN, "run", file)) == [0.5, 0.5]
    assert json.loads(with_grain(show + MAIN, "run", file, "--grain", "0.75")) == [0.75, 0.75]
