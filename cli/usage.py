"""Bad usage in a line and a hint that leads on: what Typer has refused, said as all other errors are."""

import re
import shlex
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_EXAMPLE = re.compile(r"^\s*(tpsence \S.*?)\s*$", re.MULTILINE)
_CHOICE = re.compile(r"'.*?' is (not one of .*?)\.?")
_NUMBERS = {"float_parsing": "not a number", "int_parsing": "not a whole number"}
"""What is said in place of pydantic's words, by its name for the mistake."""
_SEE = "See tpsence --help."
_MOST_NEAR = 3
_LABEL_FILES = {".json", ".yaml", ".yml"}

Told = tuple[str, str | None]
"""A message and a hint."""


def explained_usage(error: Exception, words: Sequence[str]) -> Told | None:
    """Return a message and a hint for what Typer has refused; None for an error that is not of its kind.

    Args:
        error: What was raised. Typer's classes are private, so they are told by what they have.
        words: The command line, without the program.
    """
    if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
        return None
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return _of_an_option(error, f"See tpsence {words[0]} --help.")
    if getattr(context.command, "commands", None) is not None:
        return _of_the_program(error, context, words)
    return _of_a_command(error, context, words)


def _of_the_program(error: Any, context: Any, words: Sequence[str]) -> Told:  # noqa: ANN401 (Typer's own)
    """What is wrong before there is a command."""
    names = list(context.command.commands)
    listed = f"The commands are {', '.join(names)}."
    if hasattr(error, "possibilities"):
        behind = [word for word in words if word in names]
        if behind:
            return f"{error.option_name}: no option of tpsence itself", f"Options stand behind {behind[0]}."
        flags = [flag for one in context.command.params for flag in one.opts]
        near = get_close_matches(error.option_name, flags, n=1)
        return f"{error.option_name}: no such option", f"Did you mean {near[0]}?" if near else f"{listed} {_SEE}"
    given = next((word for word in words if not word.startswith("-")), "")
    if not given:
        return "no command is given", f"{listed} {_SEE}"
    if given in {"help", "version"}:
        return f"{given}: no such command", f"tpsence --{given}"
    if Path(given).exists():
        return f"{given}: no command stands before it", f"For example tpsence augment {_as_option(given)} --out rainy"
    near = get_close_matches(given, names)
    return f"{given}: no such command", (f"Did you mean {' or '.join(near)}? " if near else "") + listed


def _flag_for(path: Path) -> str:
    """Tell what a path most likely is for."""
    is_labels = path.suffix.lower() in _LABEL_FILES or (path.is_dir() and path.name in {"labels", "Annotations"})
    return "--labels" if is_labels else "--images"


def _of_a_command(error: Any, context: Any, words: Sequence[str]) -> Told:  # noqa: ANN401 (Typer's own)
    """What is wrong with the words behind a command."""
    command = context.info_name
    behind = words[words.index(command) + 1 :] if command in words else words
    options = {flag: one for one in context.command.params for flag in (*one.opts, *one.secondary_opts)}
    see = f"See tpsence {command} --help."
    alone = list(_alone(behind, options))
    positional = sum(not flag.startswith("-") for flag in options)
    if hasattr(error, "possibilities"):
        # Of -labels Typer has read -l.
        given = next((word for word in behind if f"-{word}" in options), error.option_name)
        return f"{given}: no such option of {command}", _instead(given, options, context, see)
    if hasattr(error, "param_type"):
        return _missing(error.param, behind, alone[positional:], options, context)
    if hasattr(error, "param"):
        return _bad_value(error, see)
    if alone[positional:]:
        return _too_many(alone[positional:], behind, options, command, see)
    if not behind:  # it has shown its help
        return _missing(next(one for one in context.command.params if one.required), behind, alone, options, context)
    return _of_an_option(error, see)


def _of_an_option(error: Any, see: str) -> Told:  # noqa: ANN401 (Typer's own)
    """Say of an option whether it lacks a value or takes none, and of anything else what Typer says."""
    if not hasattr(error, "option_name"):
        return str(error.format_message()), see
    takes_none = "does not take" in error.message
    return f"{error.option_name}: {'takes no value' if takes_none else 'no value is given'}", see


def _alone(words: Sequence[str], options: dict[str, Any]) -> Iterator[str]:
    """Yield the words that are neither options nor values of such."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            yield word
        elif "=" not in word and word in options and not options[word].is_flag:
            next(rest, None)


def _instead(given: str, options: dict[str, Any], context: Any, see: str) -> str:  # noqa: ANN401 (Typer's own)
    """Return a hint about an option that there is not."""
    flags = [flag for flag in options if flag.startswith("--")]
    name = given.strip("-").replace("-", "_")
    if "--set" in options:
        keys = [item.value for item in options["--set"].shell_complete(context, "")]
        found = [key for key in keys if key.rpartition(".")[2] == f"{name}="]
        if found:
            return f"It is a setting: --set {found[0]}VALUE"
    if not given.startswith("--") and f"-{given}" not in flags:
        flags = [flag for flag in flags if flag.startswith(f"--{name[:1]}")] if name else []
        return f"Options are written out: {' or '.join(flags)}. {see}" if flags else see
    begins = [flag for flag in flags if flag.lstrip("-").startswith(given.lstrip("-").lower())]
    near = begins[:_MOST_NEAR] or get_close_matches(given.lower(), flags, n=_MOST_NEAR)
    return f"Did you mean {' or '.join(near)}? {see}" if near else see


def _missing(
    param: Any,  # noqa: ANN401 (Typer's own)
    behind: Sequence[str],
    alone: Sequence[str],
    options: dict[str, Any],
    context: Any,  # noqa: ANN401 (Typer's own)
) -> Told:
    """What is said where something must be given."""
    flag = _name(param)
    example = _EXAMPLE.search(context.command.help or "")
    hint = f"For example {example[1]}" if example else f"See tpsence {context.info_name} --help."
    if flag in behind[1:]:  # the option before it has taken it for its value
        before = behind[behind.index(flag, 1) - 1]
        return f"{before}: no value is given, {flag} comes next", f"Give it one. {hint}"
    if alone and flag == "--out" and (meant := _flag_for(Path(alone[0]))) in options and meant not in behind:
        hint = f"For example tpsence {context.info_name} {_as_option(alone[0])} --out rainy"
    return f"not given: {flag}", hint


def _too_many(alone: Sequence[str], behind: Sequence[str], options: dict[str, Any], command: str, see: str) -> Told:
    """What is said of words that are no values of options."""
    message = f"{alone[0]}: no option of {command} stands before it"
    quotes = f"A name with blanks in it stands in quotes. {see}"
    if own := [_name(one) for flag, one in options.items() if not flag.startswith("-")]:
        return message, f"{command} takes one {own[0]}. {quotes}"
    flag = _flag_for(Path(alone[0]))
    if flag in options and flag not in behind:
        return message, f"Is it what {flag} is for? Then give {_as_option(alone[0])}. {see}"
    return message, quotes


def _as_option(given: str) -> str:
    """Write a path with the option that it most likely is for."""
    return f"{_flag_for(Path(given))} {shlex.quote(given)}"


def _bad_value(error: Any, see: str) -> Told:  # noqa: ANN401 (Typer's own)
    """What is said of a value that cannot be read."""
    cause = error.__cause__
    found = cause.errors()[0] if hasattr(cause, "errors") else {}  # pydantic's
    value = f" {found['input']!r}" if isinstance(found.get("input"), str) else ""
    reason = str(error.message).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    reason = _NUMBERS.get(found.get("type", ""), reason)
    if choice := _CHOICE.fullmatch(reason):
        reason, known = choice[1], re.findall(r"'(.*?)'", choice[1])
        if near := get_close_matches(value.strip(" '").lower(), known, n=1):
            see = f"Did you mean {near[0]}? {see}"
    name = _name(error.param) if error.param is not None else "a value"
    return f"{name}{value}: {reason}", see


def _name(param: Any) -> str:  # noqa: ANN401 (Typer's own)
    """Name a parameter as it stands on the command line."""
    return str(param.opts[0]) if str(param.opts[0]).startswith("-") else str(param.metavar or param.name.upper())
