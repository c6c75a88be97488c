"""The command ``tpsence``: its commands, and the one place where errors become a line."""

import os
import sys
from importlib import import_module
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup

from cli.exhausted import explained
from cli.exits import EXIT_FAILED, EXIT_USAGE
from cli.flags import with_flags
from cli.json_out import Kind, json_out
from cli.stopping import AGAIN, STOPPED, Stopped, signals_that_end
from cli.streams import secure_streams, write_out
from cli.usage import explained_usage
from pipeline.files.text import one_line
from tpsence import __version__
from tpsence.errors import InputError, TpsenceError

TRACEBACK = "TPSENCE_TRACEBACK"
"""Environment variable that shows where an error comes from."""

COMMANDS = {
    "run": "The whole chain: label maps, training, translation of a data set, report.",
    "preview": "Show a few pictures in rain side by side, to choose settings by.",
    "augment": "Write a data set's pictures in rain: same names, same sizes, same labels.",
    "segment": "Make a label map for every picture: what tpsence train needs.",
    "train": "Train a generator from a folder of clear and a folder of rainy pictures.",
    "export": "Write a trained generator for other programs.",
    "evaluate": "Measure how good translated pictures are, and whether their labels hold.",
    "report": "Write OUT/report.html: what the run has made, to look at.",
}
"""The commands and what they do, each in a function and a module of its name."""
HELP_ALONE = frozenset({"preview"})
"""Commands that show their help where they are given nothing."""


class _OnDemand(TyperGroup):
    """Imports a command where it is called: a list of the commands needs none of their schemas."""

    def resolve_command(  # type: ignore[override]  # Typer's own copy of click is private
        self, context: typer.Context, words: list[str]
    ) -> tuple[str | None, TyperCommand | None, list[str]]:
        """Return the command that is meant, its name, and the words that are for it."""
        name, _, rest = super().resolve_command(context, words)
        return name, None if name is None else _imported(name), rest


def _imported(name: str) -> TyperCommand:
    """Import a command."""
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
    alone.command(name, no_args_is_help=name in HELP_ALONE)(getattr(import_module(f"cli.{name}"), name))
    return cast(TyperCommand, typer.main.get_command(alone))


app = typer.Typer(
    cls=_OnDemand,
    help="Rain for clear-weather detection datasets: the same pictures in rain, with the same labels.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _line in COMMANDS.items():
    app.command(_name, help=_line)(lambda: None)


def _print_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"tpsence {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    """Rain for clear-weather detection datasets: the same pictures in rain, with the same labels."""
    if context.invoked_subcommand is None:
        write_out(context.get_help())
        raise typer.Exit(EXIT_USAGE)


def main() -> None:
    """Run the command line and leave with its exit code.

    An error that tpsence raises on purpose is one line and a hint; so is bad usage, and an error that nobody foresaw.
    With ``--json`` stdout has it too.
    """
    secure_streams()
    json_out.begin(sys.argv[1:])
    try:
        with signals_that_end():
            try:
                code = app(prog_name="tpsence", standalone_mode=False)
            finally:
                write_out("")
    except Stopped as end:
        json_out.write_error(Kind.STOPPED, STOPPED, AGAIN, int(str(end.code)))
        raise
    except Exception as error:
        sys.exit(_report(error, *_told(error)))
    sys.exit(code or 0)


def _told(error: Exception) -> tuple[Kind, str, str | None]:
    """Return of what kind an error is, its line and its hint."""
    if usage := explained_usage(error, sys.argv[1:]):
        return Kind.USAGE, *usage
    if lack := explained(error):
        return Kind.MACHINE, *lack
    if isinstance(error, TpsenceError):
        kind = Kind.INPUT if isinstance(error, InputError) else Kind.FAILED
        return kind, with_flags(error.message), error.hint and with_flags(error.hint)
    if isinstance(error, OSError):
        return Kind.FAILED, f"{error.filename or 'the system says'}: {error.strerror or error}", None
    text = f"unexpected {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return Kind.UNEXPECTED, text, f"Please report this; {TRACEBACK}=1 shows where it comes from."


def _report(error: Exception, kind: Kind, message: str, hint: str | None) -> int:
    """Print an error and its hint on stderr, and return the exit code."""
    raised = bool(os.environ.get(TRACEBACK)) and kind is not Kind.USAGE
    code = EXIT_USAGE if kind in {Kind.USAGE, Kind.INPUT} and not raised else EXIT_FAILED
    message, hint = one_line(message), hint and one_line(hint)
    json_out.write_error(kind, message, hint, code)
    if raised:
        raise error
    from cli.console import say

    say(f"error: {message}", style="bold red")
    if hint:
        say(f"hint: {hint}")
    return code
