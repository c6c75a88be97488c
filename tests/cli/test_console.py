"""What is printed: a table of models is plain text, whatever is in it and however narrow the terminal."""

from typing import Any

import pytest

from cli.console import print_models

MODEL: dict[str, Any] = {
    "name": "plain",
    "data": "CamVid",
    "classes": 11,
    "miou": 62.834,
    "parameters": 1_400_000,
    "weights_bytes": 2_800_000,
    "licence": "Apache-2.0",
}


def test_every_model_is_one_whole_row_under_its_heading(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("FORCE_COLOR", "1")
    wide = "w" * 300
    print_models([MODEL, {**MODEL, "name": "other", "weights_bytes": 950, "licence": wide}], "other")
    assert capsys.readouterr().out.splitlines() == [
        "name             data    classes  mIoU   parameters  weights    licence",
        "plain            CamVid  11       62.83  1.4 M       2.8 MB     Apache-2.0",
        f"other (default)  CamVid  11       62.83  1.4 M       950 bytes  {wide}",
    ]


def test_names_are_no_markup_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_models([{**MODEL, "name": "[red]x[/] :smile:", "data": "a\nb\x1b[31m"}], "none")
    head, row = capsys.readouterr().out.splitlines()
    assert row.startswith("[red]x[/] :smile:  ")
    assert "\x1b" not in row
    assert head.index("licence") == row.index("Apache")
