"""What the source of some labels has, counted before the first write: what the output is judged by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The annotations and files of a data set's labels, as the source has them.

    Each annotation is one of a picture, one without a picture, or one of a file that the skips name.
    """

    annotations: int = 0
    """All annotations, also those that belong to no picture; those of pictures with copies once for each copy."""
    repeated: int = 0
    """How many of these the source does not have itself, as they are those of the copies after the first."""
    files: int = 0
    """Label files, also those that belong to no picture."""
    class_lists: tuple[str, ...] = ()
    """What else lies beside the labels, says something about them and is carried: POSIX paths below the output."""
    left_behind: tuple[str, ...] = ()
    """What lies beside the labels and is not carried: POSIX paths below the folder of the labels."""
    ownerless: int = 0
    """Annotations that belong to no picture."""
    ownerless_stay: bool = False
    """They are carried nevertheless, as the format keeps them in one file with the others."""
    notes: tuple[str, ...] = ()
    """What the user should know of the source, a sentence each without its end."""

    @property
    def own(self) -> int:
        """The annotations that the source has itself."""
        return self.annotations - self.repeated
