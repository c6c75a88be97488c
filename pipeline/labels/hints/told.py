"""What a file is that was given as labels and is none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What a file is, and what to do about it."""

    what: str
    """The rest of a sentence that begins with the file's name: ``a ZIP archive, no label file``."""
    hint: str = ""
    """A sentence; empty where there is only to say what labels can be."""
