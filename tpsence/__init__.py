"""Rain for clear-weather pictures: TPSeNCE, and water rendered on what it makes.

This is the front door for Python (``docs/python.md``)::

    import tpsence

    translator = tpsence.load("rain")
    rainy = translator(picture)

Importing it is quick and needs no torch: what it offers is imported when it is asked for. The rest of this package is
the method, networks, losses and weights, for example ``tpsence.weights.load_generator``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.augment.options import AugmentOptions as AugmentOptions
    from pipeline.engine.events import Done as Done
    from pipeline.engine.events import Event as Event
    from pipeline.engine.events import Finished as Finished
    from pipeline.engine.events import Found as Found
    from pipeline.engine.events import Skip as Skip
    from pipeline.preview.options import PreviewOptions as PreviewOptions
    from pipeline.segment.options import SegmentOptions as SegmentOptions
    from pipeline.translate.jobs import augment as augment
    from pipeline.translate.jobs import preview as preview
    from pipeline.translate.jobs import segment as segment
    from pipeline.translate.load import load as load
    from pipeline.translate.translator import Translator as Translator
    from tpsence.errors import InputError as InputError
    from tpsence.errors import TpsenceError as TpsenceError
    from tpsence.errors import WeightsError as WeightsError

__version__ = "0.1.0"

_PLACES = {
    "AugmentOptions": "pipeline.augment.options",
    "Done": "pipeline.engine.events",
    "Event": "pipeline.engine.events",
    "Finished": "pipeline.engine.events",
    "Found": "pipeline.engine.events",
    "InputError": "tpsence.errors",
    "PreviewOptions": "pipeline.preview.options",
    "SegmentOptions": "pipeline.segment.options",
    "Skip": "pipeline.engine.events",
    "TpsenceError": "tpsence.errors",
    "Translator": "pipeline.translate.translator",
    "WeightsError": "tpsence.errors",
    "augment": "pipeline.translate.jobs",
    "load": "pipeline.translate.load",
    "preview": "pipeline.translate.jobs",
    "segment": "pipeline.translate.jobs",
}
"""The module that each public name is in."""

__all__ = [*_PLACES, "__version__"]  # noqa: PLE0604 (they are texts)


def _imported(name: str) -> object:
    """Import a public name, whatever the user's folders are called.

    Raises:
        TpsenceError: Another package stands in the place of tpsence's own, or OpenCV cannot be imported.
    """
    if not _PLACES[name].startswith("pipeline."):
        return getattr(import_module(_PLACES[name]), name)
    from tpsence.own_packages import own_first

    own_first("pipeline", warn=True)
    from pipeline.engine.opencv import opencv_explained

    with opencv_explained():
        return getattr(import_module(_PLACES[name]), name)


if not TYPE_CHECKING:  # else a type checker takes any name for one that is here

    def __getattr__(name: str) -> object:
        """Import what is asked for, the first time."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = _imported(name)
        return found


def __dir__() -> list[str]:
    """Name what is offered, for completion."""
    return sorted({*globals(), *__all__})
