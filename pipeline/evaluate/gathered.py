"""What an evaluation adds up picture by picture, and the figures that come of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluate.figures import Figure
from pipeline.evaluate.measures import classes, detector, distance, rainy
from pipeline.evaluate.measures.classes import ClassesKept
from pipeline.evaluate.measures.detector import DetectorKept
from pipeline.evaluate.measures.hue import HueKept
from pipeline.evaluate.measures.structure import StructureKept
from pipeline.evaluate.networks import Networks
from pipeline.evaluate.reading import Measured
from pipeline.evaluate.rows import Rows
from pipeline.files.text import count
from pipeline.metrics.distance import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """The features of real pictures."""

    real: Features
    """(M, D), of real rain."""
    clear: Features | None
    """(K, D), of real clear pictures; None where they are the pictures before."""


class Gathered:
    """Sums over pictures, and features of some.

    Args:
        hue: Changes of colour.
        structure: What the gate says.
        classes: Label maps before and after, or None without a segmentation network.
        found: What a detector finds, or None without one.
    """

    def __init__(
        self, hue: HueKept, structure: StructureKept, classes: ClassesKept | None, found: DetectorKept | None
    ) -> None:
        self._hue = hue
        self._structure = structure
        self._classes = classes
        self.detector = found
        self.pictures = 0
        self._too_large = 0
        self._before = self._after = Rows(0, 0)

    def expect(self, seen: int, dimensions: int) -> None:
        """Take the memory for features of so many pictures, before and after, of a length."""
        self._before, self._after = Rows(seen, dimensions), Rows(seen, dimensions)

    def add(self, pictures: Sequence[Measured], networks: Networks) -> None:
        """Ask the networks about pictures of one size, and add up what was measured of them."""
        self._add_features([one for one in pictures if one.features is not None], networks)
        self._add_maps(pictures, networks)
        for one in pictures:
            self._hue.add(one.hue, one.hue_of_classes)
            self._structure.add(one.gate, one.objects)
            if self.detector is not None:
                self.detector.add(one)
        self.pictures += len(pictures)

    def figures(self, sets: Sets, means: int, seed: int) -> list[Figure]:
        """Return all figures, group by group.

        Args:
            sets: The features of real pictures.
            means: How many of the features' columns are means.
            seed: Draws the samples that intervals are by.
        """
        before, after = self._before.values, self._after.values
        is_clear = sets.clear is None
        clear = before if sets.clear is None else sets.clear
        asked = rainy.Sets(clear=clear, rainy=sets.real, before=before, after=after, before_is_clear=is_clear)
        figures = distance.distance_figures(before, after, sets.real, means, seed)
        figures += rainy.rainy_figures(asked, seed)
        figures += self._classes.figures() if self._classes else []
        figures += [*self._hue.figures(), *self._structure.figures()]
        return figures + (self.detector.figures() if self.detector else [])

    def notes(self, sets: Sets, networks: Networks) -> list[str]:
        """Say how it was measured."""
        on = len(self._before)
        notes = [f"Distances and the probe are on {networks.extractor.name}.", distance.NOTE]
        if on < self.pictures:
            notes.append(f"Networks saw {on:,} of the {self.pictures:,} pictures; hue and structure are of all.")
        if sets.clear is None:
            notes.append("The clear pictures that rain is told from are the originals of OUT.")
        if self._too_large:
            notes.append(f"{count(self._too_large, 'picture')} too large for the segmentation network.")
        if self._classes:
            notes.append(classes.NOTE)
        if self.detector:
            notes.append(detector.NOTE)
        return notes

    def _add_features(self, pictures: Sequence[Measured], networks: Networks) -> None:
        """Append the features of pictures before and after."""
        pairs = [one.features for one in pictures if one.features is not None]
        if pairs:
            rows = networks.features([*(before for before, _ in pairs), *(after for _, after in pairs)])
            self._before.append(rows[: len(pairs)])
            self._after.append(rows[len(pairs) :])

    def _add_maps(self, pictures: Sequence[Measured], networks: Networks) -> None:
        """Compare the label maps of pictures before and after."""
        pairs = [one.inputs for one in pictures if one.inputs is not None]
        if self._classes is None or networks.maps is None or not pairs:
            return
        inputs = [*(before for before, _ in pairs), *(after for _, after in pairs)]
        maps = networks.maps.of(inputs, pictures[0].size)
        for before, after in zip(maps[: len(pairs)], maps[len(pairs) :], strict=True):
            if before is None or after is None:
                self._too_large += 1
            else:
                self._classes.add(before, after)
