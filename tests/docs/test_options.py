"""The tables of options in the pages are what the command line has."""

import pytest

from cli.main import COMMANDS
from docs.options import SETTINGS, flags, names, renewed, table
from docs.options import pages as pages_with_tables
from pipeline.train.presets import explain, preset_names
from tests.conftest import ROOT

TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in pages_with_tables()}


@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if names(text)])
def test_the_tables_of_a_page_are_new(page: str) -> None:
    assert TEXTS[page] == renewed(TEXTS[page]), "python docs/options.py renews it"


def test_every_command_has_its_table_once() -> None:
    found = [name for text in TEXTS.values() for name in names(text)]
    assert sorted(found) == sorted({*COMMANDS, SETTINGS})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_has_every_option_that_the_help_has(command: str) -> None:
    text = table(command)
    assert [flag for flag in flags(command) if f"`{flag}`" not in text] == []
    assert all(f"`{flag}`" in text for flag in ("--json", "--quiet"))


def test_the_table_of_settings_has_every_setting() -> None:
    rows = table(SETTINGS).splitlines()
    assert [key for key, _, _ in explain() if sum(row.startswith(f"| `{key}` |") for row in rows) != 1] == []


def test_a_table_that_is_old_or_touched_is_renewed() -> None:
    fresh = f"# A page\n\n<!-- options of export -->\n{table('export')}<!-- end of options -->\n"
    assert renewed(fresh) == fresh
    for touched in (fresh.replace("`--half`", "`--third`"), fresh.replace(table("export"), "")):
        assert touched != fresh
        assert renewed(touched) == fresh


def test_a_cell_has_its_default_and_no_markdown_of_its_own() -> None:
    rows = {line.split("`")[1]: line for line in table("augment").splitlines() if line.startswith("| `")}
    assert rows["--out"].split("|")[2].strip() == "required"
    assert rows["--drops"].split("|")[2].strip() == "`10%`"
    assert rows["--quiet"].split("|")[2].strip() == ""
    assert rows["--report"].startswith("| `--report` / `--no-report` | on |")
    assert "`off`, `flag`, `drop`" in rows["--gate"]
    assert "water.wet\\_ground" in rows["--set"]


def test_the_table_of_presets_has_every_preset() -> None:
    rows = [line for line in TEXTS["docs/train.md"].splitlines() if line.startswith("| `")]
    cells = {name.strip(" `") for row in rows for name in row.split("|")[1].split(",")}
    assert set(preset_names()) <= cells
