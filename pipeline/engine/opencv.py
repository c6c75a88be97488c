"""OpenCV that cannot be imported: machines without a screen often lack the libraries of its windows.

tpsence opens no window, so ``opencv-python-headless``, which needs none of them, does as well.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tpsence.errors import TpsenceError, chain, first_line

_PACKAGES = (
    (("libGL", "libOpenGL"), "libgl1", "mesa-libGL"),
    (("libEGL",), "libegl1", "mesa-libEGL"),
    (("libglib", "libgthread", "libgobject", "libgio"), "libglib2.0-0", "glib2"),
    (("libxcb",), "libxcb1", "libxcb"),
    (("libX11",), "libx11-6", "libX11"),
    (("libXext",), "libxext6", "libXext"),
    (("libXrender",), "libxrender1", "libXrender"),
    (("libSM",), "libsm6", "libSM"),
    (("libICE",), "libice6", "libICE"),
)
"""How names of libraries begin, and the package that has them of Debian and Ubuntu, and of Fedora."""
_LIBRARY = re.compile(r"(?P<name>lib[\w.+-]*\.so[.\d]*): (?P<what>[^:]+)")
"""What the loader of shared objects says."""
_HEADLESS = "pip uninstall -y opencv-python, then pip install opencv-python-headless"


def opencv_lack(error: BaseException) -> tuple[str, str] | None:
    """Return a message and a hint where an error is, or comes from, an OpenCV that cannot be imported; else None.

    Args:
        error: What was raised; the causes behind it are looked at as well, since others import OpenCV too.
    """
    for one in chain(error):
        if isinstance(one, ImportError) and (one.name == "cv2" or _within(one.__traceback__)):
            return _explained(one)
    return None


@contextmanager
def opencv_explained() -> Iterator[None]:
    """Put around imports that need OpenCV.

    Raises:
        TpsenceError: It cannot be imported, with what to install.
    """
    try:
        yield
    except Exception as error:
        if lack := opencv_lack(error):
            raise TpsenceError(*lack) from error
        raise


def _within(trace: TracebackType | None) -> bool:
    """Tell whether the innermost code of a traceback, but for Python's own of imports, is OpenCV's."""
    name = ""
    while trace is not None:
        here = str(trace.tb_frame.f_globals.get("__name__", ""))
        name = name if here.partition(".")[0] == "importlib" else here
        trace = trace.tb_next
    return name.partition(".")[0] == "cv2"


def _explained(error: ImportError) -> tuple[str, str]:
    """Return the message and the hint for what importing OpenCV has said."""
    if isinstance(error, ModuleNotFoundError):
        return (
            "OpenCV is not installed",
            "pip install opencv-python; without a screen, pip install opencv-python-headless.",
        )
    text = first_line(error)
    library = _LIBRARY.search(text)
    if library is None:
        return (
            f"OpenCV cannot be loaded: {text}",
            "Install it again: pip uninstall -y opencv-python, then pip install opencv-python.",
        )
    name, what = library["name"], library["what"]
    state = "is missing" if what.startswith("cannot open") else f"cannot be used ({what})"
    return f"OpenCV cannot be loaded: {name} {state}", f"{_to_install(name)}the build without windows: {_HEADLESS}."


def _to_install(library: str) -> str:
    """Return what to install for a library, as the beginning of a sentence; all that OpenCV's windows need most."""
    for starts, debian, fedora in _PACKAGES:
        if library.startswith(starts):
            first = dict.fromkeys(((debian, fedora), ("libgl1", "mesa-libGL"), ("libglib2.0-0", "glib2")))
            apt, dnf = (" ".join(names) for names in zip(*first, strict=True))
            return f"Debian, Ubuntu: apt install {apt}; Fedora: dnf install {dnf}; or take "
    return "Install what it belongs to, or take "
