"""YAML that a user wrote, or anyone: plain data and nothing else, at a cost that its size bounds.

What is read is what ``yaml.safe_load`` makes of it, with libyaml where PyYAML was built with it. Refused is what could
hide something or cost much: aliases and merge keys, which copy values to where a reader does not see them, tags, a key
that stands twice, more than the bounds below. A date stays the text that it is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import Reader
from yaml.resolver import Resolver

from pipeline.files.utf8 import EncodingError, utf8_text
from tpsence.errors import first_line

MAX_BYTES = 4 << 20
"""Of a file: the names of 20,000 classes take 1 MB."""
MAX_DEPTH = 32
"""Lists and mappings in each other."""
MAX_VALUES = 100_000
"""Keys and values together."""
MAX_NUMBER = 100
"""Characters of a number: ``59:59:59`` is one in base 60, and a long one takes for ever to write down."""

_PREFIX = "tag:yaml.org,2002:"
_TEXT = f"{_PREFIX}str"
_SIMPLIFY = "Write every value out as plain text, a number, a list or a mapping."
_COMPLETE = "Correct it there; is the file complete?"
_SHOWN = 60
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTRUCTOR = SafeConstructor()
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(Exception):
    """A text that is not read.

    Attributes:
        reason: What is wrong, with the line, in a few words.
        hint: What to do about it.
    """

    def __init__(self, reason: str, hint: str, line: int | None = None) -> None:
        self.reason = reason if line is None else f"line {line}: {reason}"
        self.hint = hint
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class Yaml:
    """A text that was read."""

    text: str
    """The text, without a byte order mark."""
    node: yaml.Node | None
    """Where everything stands in it; None for an empty text."""
    content: Any
    """What it says: None, bools, numbers and texts, in lists and mappings."""


def parse(raw: bytes) -> Yaml:
    """Read a file's content.

    Raises:
        YamlError: It is no UTF-8 or no YAML, holds what is refused, or is beyond the bounds.
    """
    if len(raw) > MAX_BYTES:
        raise YamlError(f"more than {MAX_BYTES >> 20} MiB", "Is it the right file?")
    try:
        return parse_text(utf8_text(raw))
    except EncodingError as error:
        raise YamlError(error.reason, error.hint) from error


def parse_text(text: str) -> Yaml:
    """Read a text.

    Raises:
        YamlError: It is no YAML, holds what is refused, or is beyond the bounds.
    """
    if found := Reader.NON_PRINTABLE.search(text):
        reason = f"holds the character U+{ord(found.group()):04X}, which YAML has not"
        raise YamlError(reason, _COMPLETE, text.count("\n", 0, found.start()) + 1)
    try:
        node = _composed(_events(text))
    except yaml.MarkedYAMLError as error:
        # libyaml puts the end of a text without a last new line into a line of its own.
        line = min(error.problem_mark.line, text.count("\n")) + 1 if error.problem_mark else None
        raise YamlError(str(error.problem), _COMPLETE, line) from error
    except (yaml.YAMLError, ValueError) as error:  # a lone surrogate has no UTF-8
        raise YamlError(first_line(error), _COMPLETE) from error
    return Yaml(text, node, None if node is None else _value(node))


def line_of(node: yaml.Node) -> int:
    """Return the line that a value begins in, the first being 1."""
    return int(node.start_mark.line) + 1


def _events(text: str) -> Iterator[Any]:
    """Yield what the text is made of, as far as it is within the bounds; what is refused ends it.

    The two parsers' marks are of different types with the same attributes, hence the loose type of the events.
    """
    depth = values = 0
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        values += isinstance(event, yaml.NodeEvent)
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise YamlError(f"more than {MAX_DEPTH} lists and mappings in each other", _SIMPLIFY, line)
        if values > MAX_VALUES:
            raise YamlError(f"more than {MAX_VALUES:,} values", "Is it the right file?", line)
        if isinstance(event, yaml.AliasEvent):
            raise YamlError(f"the alias *{str(event.anchor)[:_SHOWN]}", _SIMPLIFY, line)
        tag = getattr(event, "tag", None)
        if tag is not None and not (tag == _TEXT and isinstance(event, yaml.ScalarEvent)):
            raise YamlError(f"the tag {tag[:_SHOWN]}", _SIMPLIFY, line)
        if isinstance(event, yaml.ScalarEvent) and _SURROGATE.search(event.value):  # libyaml refuses it by itself
            raise YamlError("half of a surrogate pair", _SIMPLIFY, line)
        yield event


def _composed(events: Iterator[Any]) -> yaml.Node | None:
    """Make the nodes of a whole text; None where there is nothing in it."""
    resolver, root = Resolver(), None
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise YamlError("a second document", "Leave one of them.", line)
        if isinstance(event, yaml.NodeEvent):
            root = _node(event, events, resolver)
    return root


def _node(event: Any, events: Iterator[Any], resolver: Any) -> yaml.Node:  # noqa: ANN401 (an event; see _events)
    """Make the node that begins with an event, and of those that follow what is in it."""
    begin, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.ScalarEvent):
        tag = event.tag or resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        return yaml.ScalarNode(tag, event.value, begin, end, event.style)
    parts = []
    while not isinstance(following := next(events), yaml.CollectionEndEvent):
        parts.append(_node(following, events, resolver))
        end = parts[-1].end_mark
    if isinstance(event, yaml.MappingStartEvent):
        return yaml.MappingNode("", list(zip(parts[::2], parts[1::2], strict=True)), begin, end)
    return yaml.SequenceNode("", parts, begin, end)


def _value(node: yaml.Node) -> Any:  # noqa: ANN401 (plain data of any shape)
    """Return what a node says."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    return _scalar(cast(yaml.ScalarNode, node))


def _mapping(node: yaml.MappingNode) -> dict[Any, Any]:
    """Return a mapping; a key that stands twice would lose one of its values without a word."""
    content: dict[Any, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError("a list or a mapping in the place of a key", _SIMPLIFY, line_of(key))
        if key.tag == f"{_PREFIX}merge":
            raise YamlError("the merge key <<", _SIMPLIFY, line_of(key))
        name = _scalar(key)
        if name in content:
            raise YamlError(f"the key {str(name)[:_SHOWN]!r} stands twice", "Leave one of them.", line_of(key))
        content[name] = _value(value)
    return content


def _scalar(node: yaml.ScalarNode) -> Any:  # noqa: ANN401 (a bool, a number, a text or None)
    """Return what a text stands for."""
    construct = _SCALARS.get(node.tag.removeprefix(_PREFIX))
    if construct is None:
        return node.value
    if len(node.value) > MAX_NUMBER:
        raise YamlError(f"a number of {len(node.value):,} characters", "Write text in quotes.", line_of(node))
    try:
        return construct(_CONSTRUCTOR, node)
    except (ValueError, OverflowError) as error:
        raise YamlError(f"{node.value!r} is no number", "Write text in quotes.", line_of(node)) from error


_SCALARS: dict[str, Callable[[SafeConstructor, yaml.ScalarNode], Any]] = {
    "null": SafeConstructor.construct_yaml_null,
    "bool": SafeConstructor.construct_yaml_bool,
    "int": SafeConstructor.construct_yaml_int,
    "float": SafeConstructor.construct_yaml_float,
}
"""What is more than a text."""
