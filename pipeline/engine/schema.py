"""One schema a command: what it can be told, defined once. Importing this module is quick: it needs no torch.

The command line, a chain's YAML file and ``run.json`` derive from the fields: from their types, defaults, docstrings
(the texts of ``--help``, word for word), and from the ``Setting`` that stands in their annotation::

    strength: Annotated[float, Setting(panel=RESULT, records=True, in_chain=True)] = 1.0
    \"\"\"Scale of the change, 0 to 1.5.\"\"\"
"""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo

from pipeline.engine.complete import Completer
from pipeline.engine.resources import Resources
from pipeline.files.text import one_line
from tpsence.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

DATA, METHOD, RESULT, RUN = "Data", "Method", "Result", "Run"
"""Panels that the settings of several commands stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the type, the default and the docstring of a field do not tell about it."""

    panel: str | None = None
    """The part of the help that it stands in, or None for the first one."""
    flag: str | None = None
    """Its name on the command line, or None for the field's own."""
    metavar: str | None = None
    """What stands for its value in the help, or None for its type."""
    positional: bool = False
    """It is given by its place on the command line, without a flag."""
    required: bool | None = None
    """Whether the command line must have it; None where it must because the schema has no default."""
    many: bool = False
    """It can be given many times."""
    prefix: str = ""
    """Of values that are given by a key each: what stands before the key on the command line."""
    parse: Callable[[Any], Any] | None = None
    """Reads its text, or its texts, on the command line, where that is neither a value of its type nor a word."""
    text: str | None = None
    """Its default as it is written on the command line, where that is read by ``parse``."""
    complete: Completer | None = None
    """Completes its value on the command line, where that is no word of an enum, which are completed anyway."""
    records: bool = False
    """It shapes the output, and ``run.json`` records it as it was given."""
    in_chain: bool = False
    """It can be set in a chain's file and on the command line of ``tpsence run``."""
    in_chain_file: bool = False
    """It can be set in a chain's file alone."""
    on_line: bool = True
    """The command line has it."""


class Options(BaseModel):
    """What all schemas share: keywords alone, no unknown one, nothing changes later, mistakes in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_in_one_line(
        cls, values: object, handler: "ModelWrapValidatorHandler[Self]", info: ValidationInfo
    ) -> "Self":
        """Check the values.

        Raises:
            InputError: One is of a wrong type, missing, unknown, out of range, or contradicts another.
        """
        try:
            return handler(values)
        except ValidationError as error:
            raise cls.explained(error, info.context) from error

    @classmethod
    def explained(cls, error: ValidationError, origin: object) -> InputError:
        """Put what pydantic has found into one line.

        Args:
            error: The mistakes; the first one is told.
            origin: Where the values come from, as the caller of ``model_validate`` says in its context, or None.
        """
        del origin  # a keyword in Python
        mistakes = error.errors(include_url=False)
        missing = ", ".join(f"`{one['loc'][0]}`" for one in mistakes if one["type"] == "missing")
        if missing:
            return InputError(f"not given: {missing}", f"{cls.__name__} needs a value for each.")
        first = mistakes[0]
        name = "`" + ".".join(map(str, first["loc"])) + "`" if first["loc"] else "the settings"
        if first["type"] == "extra_forbidden":
            return InputError(f"{name}: no such setting", f"{cls.__name__} has {', '.join(cls.model_fields)}.")
        reason = first["msg"].removeprefix("Input ")
        message = one_line(f"{name} {reprlib.repr(first['input'])}: {reason}")
        return InputError(message, "Give such a value, or leave it out.")

    def recorded(self) -> dict[str, Any]:
        """Return what ``run.json`` records as it was given: plain values by setting, in the order of the fields."""
        names = [name for name, field in type(self).model_fields.items() if setting_of(field).records]
        return {name: plain(getattr(self, name)) for name in names}


class JobOptions(Options):
    """The schema of a command that works through data on a device."""

    def resources(self) -> Resources:
        """Return how the work is done.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        names = [one.name for one in fields(Resources) if one.name in type(self).model_fields]
        return Resources(**{name: getattr(self, name) for name in names})

    @model_validator(mode="after")
    def _check_resources(self) -> "Self":
        """Refuse what is out of range, and contradictions."""
        self.resources()
        return self


def setting_of(field: FieldInfo) -> Setting:
    """Return what a field says of itself; of two the last counts, so that an alias can be changed."""
    return next((one for one in reversed(field.metadata) if isinstance(one, Setting)), Setting())


def help_of(field: FieldInfo) -> str:
    """Return the meaning of a field, on one line."""
    return " ".join((field.description or "").split())


def told_as(schema: type[Options], name: str) -> Any:  # noqa: ANN401 (FieldInfo, which pydantic declares as Any)
    """Return what gives a field the text of another schema's, to stand in its annotation."""
    return Field(description=help_of(schema.model_fields[name]))


def number_or_auto(setting: str, text: str) -> int | None:
    """Read ``auto``, which gives None, or a whole number.

    Args:
        setting: Its name, for the message.
        text: As it was written.

    Raises:
        InputError: Neither.
    """
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(f"`{setting}` {text!r}: not a number", "Give a whole number, or auto.") from None


class Written:
    """A value that stands in files and on the command line as the text that it is read from, ``str(value)``."""

    __slots__ = ()


def plain(value: object) -> object:
    """Return a value as JSON takes it: a word for an enum, a text for a path and for what is written as one.

    A tuple becomes a list.
    """
    if isinstance(value, Path | Written):
        return str(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value
