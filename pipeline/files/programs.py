"""Which settings are programs: a ``.py`` file runs with its user's rights. Quick to import."""

from collections.abc import Iterable

from pipeline.files.text import one_line


def is_program(given: str | None) -> bool:
    """Tell whether a setting that takes a name or a ``.py`` file has such a file, which is a program of the user's."""
    return given is not None and given.endswith(".py")


def not_run(programs: Iterable[str]) -> str:
    """Return a line of a dry run about programs: it executes nothing of the user's."""
    named = one_line(", ".join(programs))
    return f"{named}: not read, because a .py file is a program and a dry run runs none: what it sets was not checked"
