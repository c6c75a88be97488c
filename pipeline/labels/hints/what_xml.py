"""In which encoding an XML file is that the parser does not read."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import PurePath

from pipeline.labels.hints.what_encoding import guesses

_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def xml_in_another_encoding(file: PurePath, raw: bytes, parse: Callable[[bytes], object]) -> str | None:
    """Tell the encoding of an XML file that cannot be parsed, with a command that prints it as UTF-8.

    Python's parser, with which trainers read annotations too, takes UTF-8 by that name, UTF-16, and encodings of one
    byte. That the file can be parsed once it is UTF-8 was tried.

    Args:
        file: Where it is, for the command.
        raw: Its content.
        parse: The parser; what it raises means that it cannot parse.

    Returns:
        What to say of it, or None where its encoding is not what is wrong.
    """
    stated = _DECLARED.match(raw)
    declared = stated[1].decode() if stated else ""
    for codec, name in _candidates(raw, declared):
        try:
            content = raw.decode(codec).encode()
            parse(content.replace(declared.encode(), b"UTF-8", 1) if declared else content)
        except Exception:  # noqa: S112 (of any kind: decoders and parsers raise many)
            continue
        said = "" if codec == declared else f" and says {declared or 'UTF-8'}"
        return f"it is {name}{said}; as UTF-8: {_command(file, name, declared)}"
    return None


def _candidates(raw: bytes, declared: str) -> Iterator[tuple[str, str]]:
    """Yield the encodings that it may be: Python's codec, and the name for iconv."""
    yield "utf-8", "UTF-8"
    if declared:
        yield declared, declared.replace("_", "-")  # as iconv has EUC-KR
    yield from guesses(raw)


def _command(file: PurePath, name: str, declared: str) -> str:
    """Return what prints the file as UTF-8, and saying so."""
    path = shlex.quote(str(file))
    rename = f"sed '1s/{declared}/UTF-8/'" if declared else ""
    if name == "UTF-8":
        return f"{rename} {path}"
    convert = f"iconv -f {name} -t UTF-8 {path}"
    return f"{convert} | {rename}" if rename else convert
