"""Which features a user means. Importing this module is quick; opening them needs torch."""

from typing import TYPE_CHECKING

from pipeline.engine.complete import name_or_path
from tpsence.errors import InputError

if TYPE_CHECKING:
    import torch

    from pipeline.evaluate.features.interface import Extractor
    from pipeline.evaluate.features.sizes import Sizes

LITE2, INCEPTION = "lite2", "inception"
_ENDINGS = (".pth", ".pt")
"""Of files of Inception's weights."""

complete_features = name_or_path(lambda: (LITE2, INCEPTION), _ENDINGS)
"""Completes what names features."""


def check_features(given: str) -> None:
    """Refuse what names no features.

    Raises:
        InputError: It is neither a name nor a file of weights.
    """
    if given not in {LITE2, INCEPTION} and not given.endswith(_ENDINGS):
        raise InputError(f"`features` {given!r}: not known", "Give lite2, inception, or Inception's weights (.pth).")


def open_features(given: str, device: "torch.device") -> tuple["Extractor", "Sizes"]:
    """Build the network, and return it with the sizes that pictures are scaled to for it.

    Args:
        given: ``lite2``, ``inception``, or the file of Inception's weights.
        device: Where it runs.

    Raises:
        InputError: It cannot be used.
    """
    if given == LITE2:
        from pipeline.evaluate.features import lite2

        return lite2.open_lite2(device), lite2.SIZES
    from pipeline.evaluate.features import inception

    return inception.open_inception(given, device), inception.SIZES
