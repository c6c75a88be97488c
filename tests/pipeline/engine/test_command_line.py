"""The command line that options are written as: the same options again, and nothing that a shell carries out."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from pipeline.augment.options import AugmentOptions
from pipeline.effects.detail import Detail
from pipeline.engine.command_line import command_line, lines_of, quoted
from pipeline.engine.schema import Options, Setting
from pipeline.gate.options import Gate
from pipeline.run.config import ChainConfig
from pipeline.run.enums import StageName
from tests.shell import words_in_shell

WORDS = (
    "plain",
    "two words",
    "it's",
    '"$(touch hacked)`id`"',
    "$HOME ~ * ? ; & | > < ! # \\",
    "back\\slash\\",
    "line\nbreak\r\ttab",
    "\x1b[31mred\x1b[0m",
    "abc\u202egpj.exe",
    "Bild \u00e4\u00f6 \u4e2d.jpg",
    "\udcff.jpg",
    "\x01" + "2f",
    "",
    "{a,b}",
    "'; rm -rf x; '",
)


@pytest.mark.parametrize("word", WORDS)
def test_a_shell_takes_each_word_for_one_and_carries_nothing_out(word: str) -> None:
    line = quoted(["tpsence", word, "end"])
    assert line.isprintable()
    assert words_in_shell([line]) == ["tpsence", word, "end"]


def test_a_long_command_has_an_option_a_line() -> None:
    words = ["tpsence", "augment", "--labels", "my data/" + "x" * 100, "--seed=-1", "--out", "rainy"]
    lines = lines_of(words)
    assert len(lines) == 4
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert lines[-1] == "    --out rainy"
    assert words_in_shell(lines) == words
    assert lines_of(words[:2]) == ["tpsence augment"]
    assert words_in_shell(lines_of(["x" * 200])) == ["x" * 200]


def test_only_what_differs_from_the_defaults_is_written() -> None:
    options = AugmentOptions(
        out=Path("rainy"),
        labels=Path("-odd.json"),
        strength=0.5,
        gate=Gate.DROP,
        detail=Detail.MODEL,
        keep_originals=True,
        seed=-3,
        max_pixels=1000,
    )
    assert command_line("tpsence augment", options).words == [
        "tpsence",
        "augment",
        "--out",
        "rainy",
        "--labels=-odd.json",
        "--detail",
        "model",
        "--strength",
        "0.5",
        "--seed=-3",
        "--keep-originals",
        "--gate",
        "drop",
        "--max-pixels",
        "1000",
    ]
    assert command_line("tpsence augment", AugmentOptions()).words == ["tpsence", "augment"]


def test_several_values_of_one_option_have_commas_between_them() -> None:
    options = AugmentOptions(only_classes="traffic light,car")  # type: ignore[arg-type]
    words = command_line("tpsence augment", options).words
    assert words == ["tpsence", "augment", "--only-classes", "traffic light,car"]
    classes: Any = ("tench, Tinca tinca", '"a"', '6" pipe', "car")
    words = command_line("tpsence augment", AugmentOptions(only_classes=classes)).words
    assert AugmentOptions(only_classes=words[-1]).only_classes == classes  # type: ignore[arg-type]


def test_a_chain_has_its_sections_and_says_what_only_a_file_can_say() -> None:
    config = ChainConfig.model_validate(
        {
            "clear": "sun",
            "rainy": "rain",
            "out": "runs/mine",
            "train": {"optim.epochs": 50, "loss.layers": [0, 4], "loss.weighting": "hard", "data.root": "None"},
            "augment": {"gate": "flag", "quality": 80},
            "begin_from": StageName.TRAIN,
        }
    )
    line = command_line("tpsence run", config)
    assert line.words == [
        *("tpsence", "run", "--clear", "sun", "--rainy", "rain", "--out", "runs/mine"),
        *("--set", "optim.epochs=50", "--set", "loss.layers=[0, 4]", "--set", "loss.weighting=hard"),
        *("--set", "data.root='None'", "--gate", "flag"),
    ]
    assert line.elsewhere == ["augment.quality: 80"]


def test_what_is_given_by_its_place_and_what_is_switched_off() -> None:
    class Odd(Options):
        """Of all kinds."""

        place: Annotated[str, Setting(positional=True)]
        report: bool = True
        names: Annotated[tuple[str, ...], Setting(flag="name", many=True)] = ()
        hidden: Annotated[int, Field(exclude=True)] = 0
        inner: BaseModel = AugmentOptions()

    options = Odd(place="here", report=False, names=("a", "b"), hidden=3, inner=AugmentOptions(seed=1))
    assert command_line("x", options).words == [
        *("x", "here", "--no-report", "--name", "a", "--name", "b", "--seed", "1"),
    ]
