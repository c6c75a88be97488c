"""tpsence's other packages, ``pipeline`` and ``cli``: those beside this one, whatever a user calls a folder.

Their names are plain ones. Where a program is started with ``python -m`` or with ``PYTHONPATH=.``, the user's folder
comes first on the path, and with it a package ``pipeline`` of the user's own. So ours are loaded from their place and
noted in ``sys.modules``; what lies below them is found by their ``__path__``. The user's path stays as it is.
"""

import os.path
import sys
import threading
import warnings
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from tpsence.errors import InputError

T = TypeVar("T")

_HOME = Path(__file__).absolute().parent.parent
_LOADING = threading.RLock()


def own_folder(name: str) -> Path:
    """Return the folder of a package that is installed beside this one: ``configs``, which nobody has to import."""
    return _HOME / name


def own_first(*names: str, warn: bool = False) -> None:
    """Let packages of these names be tpsence's in this process.

    Args:
        names: ``pipeline``, ``cli``.
        warn: Warn where a module of the user's is hidden by it: for a library, which is a guest in its process.

    Raises:
        InputError: Another module of such a name is imported already, or ours is not where it belongs.
    """
    for name in names:
        with _LOADING:
            present = sys.modules.get(name)
            if present is not None:
                _refuse_other(name, present)
                continue
            hidden = _other_on_path(name) if warn else None
            _load(name)
        if hidden is not None:
            warnings.warn(
                f"tpsence has a package {name} of its own: in this process, import {name} now gives that one and not "
                f"{hidden}; give yours another name to use both",
                stacklevel=_level_of_user(),
            )


def sent_with_own_first(content: T) -> tuple[Callable[[object, T], T], tuple["_OwnFirst", T]]:
    """Return what ``__reduce__`` of something returns that becomes its content in another process.

    A process that was not forked has the user's path and nothing imported. A pickle is read in the order in which it
    was written: own packages come first there, and only then what needs them.

    Args:
        content: What can be pickled.
    """
    return _arrived, (_OwnFirst(), content)


class _OwnFirst:
    """Becomes a call of ``own_first`` where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return own_first, ("pipeline",)


def _arrived(_: object, content: T) -> T:
    """Return what was sent."""
    return content


def _refuse_other(name: str, module: ModuleType) -> None:
    """Raise an error for a module that is not ours.

    Raises:
        InputError: As said.
    """
    folders = list(getattr(module, "__path__", ()))
    if any(_same(folder, own_folder(name)) for folder in folders):
        return
    place = getattr(module, "__file__", None)
    other = folders[0] if folders else place or "a module without a file"
    raise InputError(
        f"another {name} than tpsence's is imported already: {other}, and not {own_folder(name)}",
        f"Give your {name} another name, or leave the work to the command, in a process of its own: python -m tpsence.",
    )


def _other_on_path(name: str) -> str | None:
    """Return the user's package (its folder) or module (its file) that would be imported; None if there is none.

    A folder without ``__init__.py`` is none: any package comes before it.
    """
    spec = find_spec(name)
    if spec is None or not spec.origin or not spec.has_location:
        return None
    folders = spec.submodule_search_locations
    place = next(iter(folders)) if folders else spec.origin
    return None if _same(place, own_folder(name)) else place


def _load(name: str) -> None:
    """Import a package from its place beside this one.

    Raises:
        InputError: It is not there.
    """
    spec = PathFinder.find_spec(name, [str(_HOME)])
    if spec is None or spec.loader is None:
        raise InputError(f"{own_folder(name)}: no such package, which belongs to tpsence", "Install tpsence again.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _same(one: str | Path, other: str | Path) -> bool:
    """Tell whether two paths are of one place."""
    return os.path.realpath(one) == os.path.realpath(other)


def _level_of_user() -> int:
    """Return the ``stacklevel`` of a warning that is to name the first line, from within outwards, that is not ours."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "tpsence":
        frame, level = frame.f_back, level + 1
    return level
