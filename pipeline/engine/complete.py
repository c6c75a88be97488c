"""How the value of a setting is completed where it is begun on a command line. Importing this module is quick."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

Completer = Callable[[str], Iterable[str | tuple[str, str]]]
"""Given what is begun, yields words that it can become, with their meaning where they have one. Others do no harm.

Where there are none, the shell completes paths by itself."""

_MOST_ENTRIES = 1000
"""Entries of a folder that are looked at."""


def words(*known: str) -> Completer:
    """Complete to one of some words."""
    return lambda begun: known


def name_or_path(names: Callable[[], Iterable[str]], endings: Collection[str]) -> Completer:
    """Complete to a name, or to a path.

    Where a name fits, the shell completes no path beside it: so what is here comes with the names.

    Args:
        names: Are asked for when there is something to complete.
        endings: Of the files, with their dot.
    """

    def completed(begun: str) -> Iterator[str]:
        fitting = [name for name in names() if name.startswith(begun)]
        yield from fitting
        if fitting:
            yield from _here(begun, endings)

    return completed


def _here(begun: str, endings: Collection[str]) -> list[str]:
    """Return the folders, and the files of some endings, in the current folder; none that is hidden."""
    try:
        entries = list(islice(Path().iterdir(), _MOST_ENTRIES))
    except OSError:  # it is gone, or may not be listed
        return []
    fitting = sorted(entry for entry in entries if entry.name.startswith(begun) and not entry.name.startswith("."))
    folders = [f"{entry.name}/" for entry in fitting if entry.is_dir()]
    return folders + [entry.name for entry in fitting if entry.suffix.lower() in endings and entry.is_file()]


def _generators() -> tuple[str, ...]:
    """Names of generators."""
    from pipeline.weights.packaged import RAIN

    return (RAIN.name,)


def label_format(begun: str) -> Iterable[str]:
    """Complete the name of a label format."""
    del begun  # all of them are few
    from pipeline.labels.registry import AUTO, format_names

    return (AUTO, *format_names())


generator = name_or_path(_generators, (".pth", ".pt", ".safetensors"))
"""Completes what names a generator: packaged weights, or a path."""
