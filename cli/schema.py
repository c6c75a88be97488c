"""From the schema of a command to its command line: a parameter for each setting, and what was given of them."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.engine.complete import Completer
from pipeline.engine.schema import Options, Setting, help_of, setting_of
from tpsence.errors import TpsenceError

Schema = TypeVar("Schema", bound=Options)
Own = ParamSpec("Own")


@dataclass(frozen=True, kw_only=True)
class Given(Generic[Schema]):
    """What stands on the command line; a command reads it when it can say what is wrong with it."""

    schema: type[Schema]
    names: frozenset[str]
    """The parameters that stand there, those of the command itself too."""
    read: Callable[[], Mapping[str, Any]]
    """Reads the values of the settings among them."""

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The values of the settings that are given, by key; that of a section is ``section.name``.

        Raises:
            InputError: One cannot be read.
        """
        return self.read()

    def options(self) -> Schema:
        """Return the options that the values make with the defaults of the rest.

        Raises:
            InputError: A value cannot be read or used, or two contradict each other.
        """
        return self.schema(**self.values)


@dataclass(frozen=True, slots=True)
class _Line:
    """A setting on the command line."""

    key: str
    field: FieldInfo

    @property
    def name(self) -> str:
        """The name of the parameter: the key without its section."""
        return self.key.rpartition(".")[2]

    @property
    def setting(self) -> Setting:
        """What the field says of itself."""
        return setting_of(self.field)

    def read(self, value: object) -> object:
        """Return the value of the setting.

        Raises:
            InputError: It cannot be read.
        """
        return self.setting.parse(value) if self.setting.parse else value

    def parameter(self) -> inspect.Parameter:
        """Return the parameter as Typer takes it."""
        setting, text = self.setting, help_of(self.field)
        about: dict[str, Any] = {"help": text, "rich_help_panel": setting.panel, "metavar": setting.metavar}
        about["autocompletion"] = setting.complete and _completion(setting.complete)
        if setting.positional:
            shown = typer.Argument(self._default(), **about)
        else:
            flag = "--" + (setting.flag or self.name.replace("_", "-"))
            shown = typer.Option(self._default(), flag, **about)
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=shown, annotation=self._type())

    def _default(self) -> Any:  # noqa: ANN401 (of any setting)
        """The default on the command line: Typer's mark for what must be given, the text of what is read from one."""
        setting, field = self.setting, self.field
        if (setting.required is None and field.is_required()) or setting.required:
            return ...
        if setting.many or field.is_required():
            return None
        return setting.text if setting.parse else field.get_default()

    def _type(self) -> Any:  # noqa: ANN401 (a type, or a union of some)
        """The type on the command line."""
        if self.setting.many:
            return list[str] | None
        kind = str if self.setting.parse else self.field.annotation
        return kind | None if self._default() is None and kind is not None else kind


def command(
    schema: type[Schema], after: Mapping[str, str] | None = None
) -> Callable[[Callable[Concatenate[Given[Schema], Own], None]], Callable[..., None]]:
    """Make a command of a function that is given what stands on the command line.

    Args:
        schema: What the command can be told. The function's own parameters, which the schema does not know, say what
            the face does; in the help they come last.
        after: For the help, by parameter, the one that it stands behind; a setting goes by its own name.

    Returns:
        A decorator; the function gets a ``Given`` and its own parameters.
    """

    def derived(function: Callable[Concatenate[Given[Schema], Own], None]) -> Callable[..., None]:
        lines = {line.name: line for line in _lines(schema)}
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = _in_order([*(line.parameter() for line in lines.values()), *own], after or {})

        def parsed(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 (of any setting)
            names = _given(context)
            there = [(line, values[name]) for name, line in lines.items() if name in names]
            given = Given(schema=schema, names=names, read=lambda: {line.key: line.read(one) for line, one in there})
            function(given, **{one.name: values[one.name] for one in own})  # type: ignore[call-arg]

        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        signature = inspect.Signature([context, *parameters])
        parsed.__name__, parsed.__doc__ = function.__name__, function.__doc__
        parsed.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
        vars(parsed)["__signature__"] = signature
        return parsed

    return derived


def _completion(complete: Completer) -> Callable[[str], list[str | tuple[str, str]]]:
    """Return what Typer asks for completions; it goes by the parameter's name, and leaves out what does not fit."""

    def completed(incomplete: str) -> list[str | tuple[str, str]]:
        try:
            return list(complete(incomplete))
        except TpsenceError:
            return []  # a message would end up in the line that is being typed

    return completed


def _lines(schema: type[BaseModel], section: str = "") -> Iterator[_Line]:
    """Yield the settings that the command line has, those of sections in the place of their section."""
    for name, field in schema.model_fields.items():
        inner = field.annotation
        if inspect.isclass(inner) and issubclass(inner, BaseModel):
            yield from _lines(inner, f"{name}.")
        elif setting_of(field).on_line:
            yield _Line(section + name, field)


def _in_order(parameters: list[inspect.Parameter], after: Mapping[str, str]) -> list[inspect.Parameter]:
    """Put parameters behind others.

    Raises:
        KeyError: There is none of such a name.
    """
    by_name = {one.name: one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters}
    order = list(by_name)
    for name, other in after.items():
        order.remove(name)
        order.insert(order.index(other) + 1, name)
    return [by_name[name] for name in order]


def _given(context: typer.Context) -> frozenset[str]:
    """Return the parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE")
