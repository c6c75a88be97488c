"""The figures of an evaluation as tables on stdout."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.console import print_table
from cli.streams import write_out
from pipeline.evaluate.figures import Evaluation, Figure, Group
from pipeline.files.text import count, one_line

_BY_CLASS = (Group.HUE, Group.STRUCTURE, Group.DETECTOR)
"""What is told of each class of the labels; what is told of each class of the maps is in the files alone."""


def print_figures(evaluation: Evaluation) -> None:
    """Print what was found: a table of all figures, one of the classes of the labels, and notes."""
    _print(_overall(evaluation))
    by_class = _by_class(evaluation.figures)
    if by_class is not None:
        write_out("\n")
        _print(by_class)
    pictures = f"{evaluation.pictures:,} of {count(evaluation.of_pictures, 'translated picture')} measured."
    write_out("\n" + "".join(f"{one_line(note)}\n" for note in (pictures, *evaluation.notes)))


def _overall(evaluation: Evaluation) -> Table:
    """Return the figures of all classes together, group by group."""
    table = _table(("", "value (95 %)", "pictures", "in words"))
    for group in Group:
        figures = [figure for figure in evaluation.of(group) if not figure.category]
        if figures:
            table.add_row(Text(group.value, style="bold"), "", "", "")
        for figure in figures:
            _add_row(table, (f"  {figure.name}", figure.shown(), f"{figure.pictures:,}", figure.judgement))
        table.add_section()
    return table


def _by_class(figures: Sequence[Figure]) -> Table | None:
    """Return a row for each class of the labels, or None where there is none; the intervals are in the files."""
    told = [figure for figure in figures if figure.category and figure.group in _BY_CLASS]
    if not told:
        return None
    columns = list(dict.fromkeys(figure.name for figure in told))
    values = {(figure.category, figure.name): figure.shown(interval=False) for figure in told}
    table = _table(("class", *columns))
    for category in dict.fromkeys(figure.category for figure in told):
        _add_row(table, (category, *(values.get((category, name), "-") for name in columns)))
    return table


def _table(headings: Sequence[str]) -> Table:
    """Return an empty table."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _add_row(table: Table, cells: Sequence[str]) -> None:
    """Add a row of texts of unknown origin."""
    table.add_row(*(Text(one_line(cell)) for cell in cells))


def _print(table: Table) -> None:
    """Print a table as wide as the terminal, or as wide as it wants to be where that is none."""
    console = Console(highlight=False)
    if console.is_terminal:
        with console.capture() as captured:
            console.print(table)
        write_out(captured.get())
    else:
        print_table(table)
