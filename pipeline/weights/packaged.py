"""Weights that come with this package: which there are, and under which terms."""

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tpsence.digest import file_sha256
from tpsence.errors import WeightsError


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedWeights:
    """A file of weights in this package."""

    name: str
    """Name as the user writes it."""
    sha256: str
    """SHA-256 of the file, in hexadecimal."""
    terms: str
    """What it was trained on and may be used for, one line."""
    earlier: tuple[str, ...] = ()
    """SHA-256 of the files that earlier versions had, with the same tensors and other words about them."""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(str(files("pipeline.weights"))) / f"{self.name}.safetensors"

    def checked(self) -> Path:
        """Return the file, after a comparison with its hash.

        Raises:
            WeightsError: It is not there, or not as it was packed.
        """
        hint = "Install tpsence again, or give other weights."
        if not self.path.is_file():
            raise WeightsError(f"{self.path}: no such file, though it is part of tpsence", hint)
        if file_sha256(self.path) != self.sha256:
            raise WeightsError(f"{self.path}: is not the {self.name} of this version of tpsence", hint)
        return self.path


ROAD_LITE = PackagedWeights(
    name="road-lite",
    sha256="5ce2762af8a95db10aa576017c8b70f842f489f66f7f2e4e72247e69a322e015",
    terms="weights trained on CamVid, for personal and research use",
)
"""The segmentation network of ``configs/segmentation/road_lite.py``."""
RAIN = PackagedWeights(
    name="rain",
    sha256="e287011aacc55e7e47536e8d227a4f03383968d884d6d4fcde7263cc49260dce",
    earlier=(
        "c8509aa4d8546fc6c597b9e82725ae50cb119cce2028888b75b75830a09a2bd5",  # said nothing of water
        "58bce6d0f094f6eed6882e777b712a4252cc972773100ec7a769f166dbb20d1d",  # nor of the light alone, and of days
        "7594ce2fbd68bbb55afd12342b11c67046913665798b55b326a88a330b66db06",  # a ResNet, which lost hues
    ),
    terms="weights trained on BDD100K frames, (c) 2018 Regents of the University of California, "
    "for education, research and not-for-profit use",
)
"""The generator from clear to rainy."""


def terms_of(sha256: str) -> str | None:
    """Return a line with the terms of packaged weights, or None for others.

    Args:
        sha256: Hash of the file, wherever it lies.
    """
    found = [weights for weights in (ROAD_LITE, RAIN) if sha256 in {weights.sha256, *weights.earlier}]
    return f"{found[0].name}: {found[0].terms}" if found else None


def generator_path(given: str | os.PathLike[str]) -> Path:
    """Return the file or folder of the generator that a user means.

    Args:
        given: The name of packaged weights, or else a path. A file or folder of that name is ``./rain``; a path object
            is always a path.

    Raises:
        WeightsError: The packaged weights are missing or damaged.
    """
    return RAIN.checked() if given == RAIN.name else Path(given)


def name_notes(given: str | None) -> tuple[str, ...]:
    """Return a line where a name of packaged weights may be taken for what lies here under the same name.

    Args:
        given: As for ``generator_path``, or None.
    """
    if given != RAIN.name or not Path(given).exists():
        return ()
    kind = "folder" if Path(given).is_dir() else "file"
    return (f"note: {given} means the weights that come with tpsence; the {kind} of that name here is ./{given}",)
