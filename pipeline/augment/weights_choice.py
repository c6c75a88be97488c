"""Which generators a run has, out of one text: ``rain``, a path, or several with shares. Importing this is quick."""

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pipeline.augment.limit import parse_share
from pipeline.files.text import one_line
from pipeline.weights.packaged import RAIN, generator_path
from tpsence.errors import InputError

_HINT = "Several are given with their shares, for example `weights` rain=0.7,night=0.3; a share is over 0."
_SHARE = re.compile(r"=([^=,]*)(,|$)")
"""Where the share of one ends, and the next begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenWeights:
    """A generator of a run, and how many of the pictures are its."""

    name: str
    """As it was given."""
    path: Path
    """Its file or folder."""
    share: float = 1.0
    """Share of the pictures and copies, over 0; those of all are 1 together."""


def chosen_weights(given: str | os.PathLike[str]) -> Sequence[ChosenWeights]:
    """Return the generators that a user means, in the order given.

    Args:
        given: The name of packaged weights or a path; or several with shares, ``rain=0.7,night=0.3``. What is there
            as a file or folder is a path, whatever characters it has; a path object is always a path.

    Raises:
        InputError: A share is no number over 0, or weights are given twice.
        WeightsError: The packaged weights are missing or damaged.
    """
    if not isinstance(given, str) or _is_one(given):
        return [ChosenWeights(name=str(given), path=generator_path(given))]
    parts = _parts(given)
    names = [name for name, _ in parts]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(one_line(f"`weights`: {twice} is given twice"), _HINT)
    total = sum(share for _, share in parts)
    if not math.isfinite(total):
        raise InputError(one_line(f"`weights` {given[:100]}: shares out of range"), _HINT)
    found = [ChosenWeights(name=name, path=generator_path(name), share=share / total) for name, share in parts]
    return [replace(found[0], share=1.0)] if len(found) == 1 else found


def names_in_tables(files: Sequence[tuple[str, str]], given: Sequence[str]) -> list[str]:
    """Return what generators are called in tables, which are given away: without where they lie on this machine.

    Packaged weights go by their name, others by their file and its folder, and by more folders where several would be
    called alike.

    Args:
        files: SHA-256 and path of each file.
        given: What they were given as, all different: it stands for files that no path tells apart.
    """
    places = [PurePath(path) for _, path in files]
    for number in range(2, max((len(one.parts) for one in places), default=0) + 2):
        ends = ["/".join(one.relative_to(one.anchor).parts[-number:]) for one in places]
        names = [RAIN.name if sha256 == RAIN.sha256 else end for (sha256, _), end in zip(files, ends, strict=True)]
        if len(set(names)) == len(names):
            return names
    return list(given)


def as_given(names: Sequence[tuple[str, float]]) -> str:
    """Write weights with their shares as they are read."""
    return names[0][0] if len(names) == 1 else ",".join(f"{name}={share}" for name, share in names)


def _is_one(text: str) -> bool:
    """Tell whether a text means one generator: packaged, there, or without a share."""
    return text == RAIN.name or "=" not in text or os.path.lexists(text)


def _parts(text: str) -> list[tuple[str, float]]:
    """Take several weights apart: each with its share, as it was given.

    Raises:
        InputError: One has no share, or a share is no number over 0.
    """
    parts, start = list[tuple[str, float]](), 0
    while start < len(text):
        ends = list(_SHARE.finditer(text, start))
        if not ends:
            raise InputError(one_line(f"`weights`: no share of {text[start:][:100]}"), _HINT)
        # A path may have both signs in it: where more than one end is possible, the one that leaves a path counts.
        end = next((one for one in ends if _is_there(_name(text[start : one.start()]))), ends[0])
        name = _name(text[start : end.start()])
        parts.append((name, _share(name, end[1])))
        start = end.end()
    return parts


def _name(text: str) -> str:
    """Return a name without the blanks around it, unless something lies there that has them."""
    return text if _is_there(text) else text.strip()


def _is_there(name: str) -> bool:
    """Tell whether weights are packaged or lie there."""
    return name == RAIN.name or os.path.lexists(name)


def _share(name: str, text: str) -> float:
    """Read a share.

    Raises:
        InputError: It is no number over 0, or there is no name before it.
    """
    try:
        share = float(str(parse_share(text)))
    except ValueError:
        share = math.nan
    if not name or not 0 < share < math.inf:
        problem = f"no such file, and {text[:40]!r} is no share of {name[:60]!r}"
        raise InputError(one_line(f"`weights` {name[:100]}={text[:40]}: {problem}"), _HINT)
    return share
