"""The command ``tpsence``: its commands, and the one place where errors become a line."""

import os
import sys

import typer

from cli.augment import augment
from cli.exits import EXIT_FAILED, EXIT_USAGE
from cli.export import export
from cli.flags import with_flags
from cli.report import report
from cli.run import run
from cli.segment import segment
from cli.train import train
from pipeline.files.text import one_line
from tpsence import __version__
from tpsence.errors import InputError, TpsenceError

TRACEBACK = "TPSENCE_TRACEBACK"
"""Environment variable that shows where an error comes from."""

app = typer.Typer(
    help="Rain for clear-weather detection datasets: the same pictures in rain, with the same labels.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(augment)
app.command()(segment)
app.command()(train)
app.command()(export)
app.command()(report)


def _print_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"tpsence {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    """Rain for clear-weather detection datasets: the same pictures in rain, with the same labels."""


def main() -> None:
    """Run the command line and leave with its exit code.

    An error that tpsence raises on purpose is one line and a hint; so is one that nobody foresaw.
    """
    try:
        app()
    except TpsenceError as error:
        _report(error, with_flags(error.message), error.hint and with_flags(error.hint))
        sys.exit(EXIT_USAGE if isinstance(error, InputError) else EXIT_FAILED)
    except OSError as error:
        _report(error, f"{error.filename or 'the system says'}: {error.strerror or error}", None)
        sys.exit(EXIT_FAILED)
    except Exception as error:
        text = f"unexpected {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        _report(error, text, f"Please report this; {TRACEBACK}=1 shows where it comes from.")
        sys.exit(EXIT_FAILED)


def _report(error: Exception, message: str, hint: str | None) -> None:
    """Print an error and its hint on stderr."""
    if os.environ.get(TRACEBACK):
        raise error
    from cli.console import say

    say(one_line(f"error: {message}"), style="bold red")
    if hint:
        say(one_line(f"hint: {hint}"))
