"""Labels that are written several times in one output: a layer for each copy of the pictures.

A format derives from ``Layered`` and says how layers are written; that its labels are written once, as ``LabelSet`` has
it, follows.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.labels.interface import NO_MARKS, Marks, Proof


@dataclass(frozen=True, slots=True)
class Layer:
    """The labels of some pictures, once. The first layer is the first copy, the second the second, and so on.

    The first also has the pictures that are not copied, and all labels that belong to no picture.
    """

    kept: Mapping[str, str]
    """The suffix that a name gets in the output, by the name of each picture of the data set that is in this layer."""
    marks: Marks = NO_MARKS
    """Annotations to mark or to drop in this layer, by the same names."""


class Layered(ABC):
    """Labels of which several layers can be written; see ``LabelSet``."""

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the label files of a single layer; see ``LabelSet.output_files``."""
        return self.files_of([Layer(kept)])

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write a single layer; see ``LabelSet.write``."""
        return self.write_layers(out, [Layer(kept, marks)])

    @abstractmethod
    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return the label files to write as (path below the output folder, what it comes from)."""

    @abstractmethod
    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Write the labels of all layers, read them back and compare.

        What belongs to one picture is written for each layer that has it, under the name that it gets there; what names
        many pictures names all their copies. Where annotations have ids, those of a later layer are new.

        Args:
            out: The output folder.
            layers: One or more, perhaps empty ones. No two give a picture the same suffix.

        Raises:
            LabelError: The source has changed since it was read.
            ProofError: What was written differs from the source.
        """


def can_write_layers(labels: object) -> bool:
    """Tell whether several layers can be written: not where a class has its own way of writing one."""
    return (
        isinstance(labels, Layered)
        and type(labels).write is Layered.write
        and type(labels).output_files is Layered.output_files
    )


def names_in(layers: Sequence[Layer]) -> list[str]:
    """Return the names of the pictures in any layer, each once, in the order of the layers."""
    return list(dict.fromkeys(name for layer in layers for name in layer.kept))
