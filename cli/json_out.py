"""What ``--json`` promises: one JSON object on stdout, the summary, or the error for which there is none."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cli.ranks import is_first
from cli.streams import write_out
from pipeline.errors import RunError


class Kind(str, Enum):
    """What an error is of."""

    USAGE = "usage"
    """The command line: an option that there is not, a value that cannot be read."""
    INPUT = "input"
    """Files, folders or settings that cannot be used, found before the first write."""
    FAILED = "failed"
    """The work broke after it had begun, or the system has refused something."""
    MACHINE = "machine"
    """The machine has no more to give: memory, threads, a library."""
    STOPPED = "stopped"
    """A signal has ended it, where there was nothing to be continued."""
    UNEXPECTED = "unexpected"
    """A fault of tpsence's own."""


@dataclass(slots=True)
class JsonOut:
    """The one object of a command."""

    wanted: bool = False
    """Whether ``--json`` was given, and nothing has been printed yet."""

    def begin(self, words: Sequence[str]) -> None:
        """Find out whether a command line asks for JSON; what cannot be parsed may do so, too.

        Of the processes that torchrun has started for a training the first one prints.
        """
        options = words[: words.index("--")] if "--" in words else words
        self.wanted = "--json" in options and (words[0] != "train" or is_first())

    def write(self, content: Mapping[str, Any]) -> None:
        """Print an object.

        Raises:
            RunError: It cannot be written.
        """
        self.wanted = False
        write_out(json.dumps(content, indent=2) + "\n")

    def write_error(self, kind: Kind, message: str, hint: str | None, exit_code: int) -> None:
        """Print what has kept a command from its summary, where JSON is asked for and none was printed before."""
        if self.wanted:
            about = {"kind": kind.value, "message": message, "hint": hint, "exit_code": exit_code}
            with suppress(RunError):  # stderr says it, and the exit code
                self.write({"error": about})


json_out = JsonOut()
"""Of this process, which runs one command."""
