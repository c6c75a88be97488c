"""What tells which pictures are translated. Importing this module is quick."""

from enum import Enum
from typing import TYPE_CHECKING

from pipeline.engine.resources import check_range
from pipeline.files.text import comma_parts
from tpsence.errors import InputError

if TYPE_CHECKING:
    from pipeline.augment.options import AugmentOptions

BY_COUNT = "by count"
"""How the share of a run is chosen: so many of the pictures. Before, each was judged by itself, by a threshold."""


class Balanced(str, Enum):
    """What a share of the pictures is to have more alike."""

    CLASSES = "classes"


def parse_classes(value: object) -> object:
    """Take a text for the names of classes with commas between them; anything else is for the schema to check.

    Raises:
        InputError: It names none, or a quotation mark has no other.
    """
    if not isinstance(value, str):
        return value
    try:
        names = tuple(dict.fromkeys(filter(None, comma_parts(value))))
    except ValueError as error:
        hint = 'A name with a comma stands in quotation marks: "car, red",person.'
        raise InputError(f"`only_classes` {value!r}: {error}", hint) from None
    if not names:
        raise InputError(f"`only_classes` {value!r}: names no class", "For example `only_classes` car,person.")
    return names


def check_choice(options: "AugmentOptions") -> None:
    """Refuse a choice that is out of range, and one that contradicts itself.

    Raises:
        InputError: It is or does.
    """
    check_range(0 < options.fraction <= 1, "fraction", "over 0, at most 1")
    check_range(options.limit is None or options.limit >= 1, "limit", "at least 1")
    if options.only_classes is not None and not options.only_classes:
        raise InputError("`only_classes`: names no class", "For example `only_classes` car,person.")
    if options.balance is not None and options.fraction == 1 and options.limit is None:
        message = "`balance` goes with `fraction` or `limit`: of all pictures none is preferred"
        raise InputError(message, "Give one of them, for example `fraction` 0.5, or leave `balance` out.")


def refuse_another_way(recorded: object) -> None:
    """Refuse a run whose share was chosen in the way of before: now it would be other pictures.

    Args:
        recorded: How its share was chosen, as its ``run.json`` says, or None where it says nothing of it.

    Raises:
        InputError: It is one.
    """
    if recorded != BY_COUNT:
        message = "run.json: an older version of tpsence chose the share of this run, and chose other pictures"
        hint = "Translate anew, into another folder; of a chain, give the command of tpsence run again."
        raise InputError(message, hint)


def refuse_thorough_alone(*, thorough: bool, dry_run: bool) -> None:
    """Refuse to look closer where nothing is looked at: a run decodes every picture anyway.

    Raises:
        InputError: ``thorough`` without ``dry_run``.
    """
    if thorough and not dry_run:
        raise InputError("`thorough` goes with `dry_run`", "Give both, or leave it out: a run decodes every picture.")
