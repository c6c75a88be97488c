"""What becomes of annotations whose object may have vanished. Importing this module is quick."""

from enum import Enum


class Gate(str, Enum):
    """What becomes of the annotations whose object may have vanished."""

    OFF = "off"
    """They are not looked for: the labels are the user's."""
    FLAG = "flag"
    """They get a mark, where the format has a place for it."""
    DROP = "drop"
    """They are left out."""
