"""Mistakes of the first ten minutes: each is answered with one line, and a hint that leads on."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

SEE = "See tpsence augment --help."
EXAMPLE = "For example tpsence augment --labels data/coco.json --out rainy"


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["augment"], "not given: --out", EXAMPLE),
        (["augment", "--labels", "c.json"], "not given: --out", EXAMPLE),
        (["augment", "c.json"], "not given: --out", "For example tpsence augment --labels c.json --out rainy"),
        (["augment", "photos"], "not given: --out", "For example tpsence augment --images photos --out rainy"),
        (
            ["augment", "--gate", "flag", "--pairs", "c.json", "--out", "o"],
            "c.json: no option of augment stands before it",
            f"Is it what --labels is for? Then give --labels c.json. {SEE}",
        ),
        (
            ["augment", "--labels", "my", "file.json", "--out", "o"],
            "file.json: no option of augment stands before it",
            f"A name with blanks in it stands in quotes. {SEE}",
        ),
        (
            ["augment", "--labels", "--out", "o"],
            "--labels: no value is given, --out comes next",
            f"Give it one. {EXAMPLE}",
        ),
        (["augment", "--labels"], "--labels: no value is given", SEE),
        (["augment", "--dry-run=yes", "--out", "o"], "--dry-run: takes no value", SEE),
        (["augment", "--label", "c.json"], "--label: no such option of augment", f"Did you mean --labels? {SEE}"),
        (["augment", "--Labels", "c.json"], "--Labels: no such option of augment", f"Did you mean --labels? {SEE}"),
        (["augment", "-labels", "c.json"], "-labels: no such option of augment", f"Did you mean --labels? {SEE}"),
        (
            ["augment", "-o", "out"],
            "-o: no such option of augment",
            f"Options are written out: --out or --only-classes or --overwrite. {SEE}",
        ),
        (["augment", "--xyzzy"], "--xyzzy: no such option of augment", SEE),
        (["augment", "--haze", "1"], "--haze: no such option of augment", "It is a setting: --set water.haze=VALUE"),
        (
            ["train", "tiny", "--epochs", "3"],
            "--epochs: no such option of train",
            "It is a setting: --set optim.epochs=VALUE",
        ),
        (
            ["train", "tiny", "--batch-size", "3"],
            "--batch-size: no such option of train",
            "It is a setting: --set optim.batch_size=VALUE",
        ),
        (
            ["augment", "--out", "o", "--gate", "Flagg"],
            "--gate 'Flagg': not one of 'off', 'flag', 'drop'",
            f"Did you mean flag? {SEE}",
        ),
        (["augment", "--out", "o", "--gate", "x"], "--gate 'x': not one of 'off', 'flag', 'drop'", SEE),
        (["augment", "--out", "o", "--width", "1.5"], "--width '1.5': not a whole number", SEE),
        (["augment", "--out", "o", "--horizon", "low"], "--horizon 'low': not a number", SEE),
        (["report"], "not given: OUT", "For example tpsence report rainy"),
        (
            ["report", "a", "b"],
            "b: no option of report stands before it",
            "report takes one OUT. A name with blanks in it stands in quotes. See tpsence report --help.",
        ),
        (
            ["preview", "a.jpg", "b.jpg"],
            "b.jpg: no option of preview stands before it",
            "preview takes one SOURCE. A name with blanks in it stands in quotes. See tpsence preview --help.",
        ),
        (["evaluate", "a", "b"], "not given: --real", "For example tpsence evaluate rainy --real rain"),
        (["help"], "help: no such command", "tpsence --help"),
        (["version"], "version: no such command", "tpsence --version"),
        (["evaluat", "out"], "evaluat: no such command", None),
        (["--verson"], "--verson: no such option", "Did you mean --version?"),
        (["--json", "augment"], "--json: no option of tpsence itself", "Options stand behind augment."),
    ],
)
def test_it_is_said_in_a_line_and_what_to_do(tpsence: Run, words: list[str], error: str, hint: str | None) -> None:
    ran = tpsence(*words)
    assert ran.code == 2
    first, second = ran.err.splitlines()
    assert first == f"error: {error}"
    assert second.startswith("hint: ")
    assert hint is None or second == f"hint: {hint}"


def test_a_command_that_is_not_known_is_answered_with_the_nearest_and_all(tpsence: Run) -> None:
    assert "hint: Did you mean evaluate? The commands are run, preview, augment, " in tpsence("evaluat").err


def test_a_path_without_a_command_is_answered_with_one(
    tpsence: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my coco.json").touch()
    ran = tpsence("my coco.json")
    assert ran.err.splitlines() == [
        "error: my coco.json: no command stands before it",
        "hint: For example tpsence augment --labels 'my coco.json' --out rainy",
    ]


def test_names_on_the_command_line_reach_the_terminal_as_escapes(tpsence: Run) -> None:
    ran = tpsence("augment", "--out", "o", "--gate", "\x1b[31mred\n")
    assert "\x1b" not in ran.err
    assert len(ran.err.splitlines()) == 2


def test_without_words_the_help_is_shown_and_nothing_was_done(tpsence: Run) -> None:
    ran = tpsence()
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.split() == tpsence("--help").out.split()
    assert "augment" in ran.out
