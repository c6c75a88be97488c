"""The jobs: data in, data out. This floor knows files, labels and devices, and no terminal."""

from collections.abc import Callable, Mapping
from importlib import import_module


def on_demand(package: str, places: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package that imports what it offers when it is asked for.

    A job needs torch; its options, which stand in the same package, do not.

    Args:
        package: Its ``__name__``.
        places: The module below it that each name is in.
    """

    def get(name: str) -> object:
        """Import what is asked for."""
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{places[name]}"), name)

    return get
