"""What ``evaluate`` can be told. Importing this module is quick: it needs no torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from pipeline.augment.options import AugmentOptions
from pipeline.engine import complete
from pipeline.engine.common_options import BatchSize, Device, MaxPixels, PrecisionOfWork, Workers
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, check_range
from pipeline.engine.schema import DATA, RUN, JobOptions, Setting, told_as
from pipeline.evaluate.features.choose import LITE2, check_features, complete_features
from pipeline.gate.colour_classes import DEFAULT as DEFAULT_COLOUR_CLASSES
from pipeline.labels.registry import AUTO, format_help, labels_help
from pipeline.segment.options import MODEL, SegmentOptions, model_names
from tpsence.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

MEASURES = "Measures"
"""Panel of the help."""
NO_MODEL = "none"


_complete_model = complete.name_or_path(lambda: (NO_MODEL, *model_names()), (".py",))


class EvaluateOptions(JobOptions):
    """What is compared with what, and how."""

    out: Annotated[Path, Setting(positional=True, metavar="OUT")]
    """The --out of tpsence augment or tpsence run, or with --before any folder of pictures."""
    # The command line must have it, and says so itself.
    real: Annotated[Path | None, Setting(panel=DATA, required=True)] = None
    """Folder of real rainy pictures, none of which was trained on."""
    clear: Annotated[Path | None, Setting(panel=DATA)] = None
    """Folder of real clear pictures, to tell rain from. Default: the originals of OUT."""
    before: Annotated[Path | None, Setting(panel=DATA)] = None
    """Folder of the originals, of the same names, where OUT was not written by tpsence."""
    labels: Annotated[Path | None, Field(description=f"Of the originals: {labels_help()}."), Setting(panel=DATA)] = None
    format: Annotated[str, Field(description=format_help()), Setting(panel=DATA, complete=complete.label_format)] = AUTO
    follow_links: Annotated[bool, told_as(AugmentOptions, "follow_links"), Setting(panel=DATA)] = False

    features: Annotated[str, Setting(panel=MEASURES, complete=complete_features)] = LITE2
    """What distances are measured on: lite2 (EfficientNet-Lite2), inception, or a file of Inception's weights."""
    detector: Annotated[Path | None, Setting(panel=MEASURES, metavar="FILE.onnx")] = None
    """Detector as ONNX, of YOLOX or exported by ultralytics: what it finds before and after, and against the labels."""
    map: Annotated[tuple[str, ...], Setting(panel=MEASURES, many=True, metavar="CLASS=NAME")] = ()
    """Class of the labels and the detector's name for it, where they differ: car=vehicle."""
    colour_classes: Annotated[str, Setting(panel=MEASURES)] = DEFAULT_COLOUR_CLASSES
    """Classes whose colour is their meaning, by words in their names, with commas between them; or none."""
    sample: Annotated[int, Setting(panel=MEASURES)] = 0
    """Measure this many pictures of OUT, by a hash of names; 0 for all."""
    seed: Annotated[int, Setting(panel=MEASURES)] = 0
    """Draws the samples that intervals are by."""

    model: Annotated[str | None, Setting(panel=MODEL, complete=_complete_model)] = None
    """Segmentation network for the classes kept, as for tpsence segment; or none. Default: as there."""
    weights: Annotated[Path | None, told_as(SegmentOptions, "weights"), Setting(panel=MODEL)] = None

    device: Device = "auto"
    precision: PrecisionOfWork = Precision.AUTO
    batch_size: BatchSize = None
    workers: Workers = None
    max_pixels: Annotated[MaxPixels, Setting(panel=RUN)] = DEFAULT_MAX_PIXELS

    @model_validator(mode="after")
    def _check(self) -> "Self":
        """Refuse what is out of range, and contradictions.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        check_range(self.sample >= 0, "sample", "0, or the number of pictures")
        check_range(self.max_pixels >= 1, "max_pixels", "at least 1")
        check_features(self.features)
        if self.labels is not None and self.before is None:
            raise InputError("`labels` goes with `before`", "OUT knows its own labels: leave it out.")
        if self.format != AUTO and self.labels is None:
            raise InputError("`format` goes with `labels`", "Leave it out.")
        if self.map and self.detector is None:
            raise InputError("`map` goes with `detector`", "Give the detector, or leave it out.")
        if self.model == NO_MODEL and self.weights is not None:
            raise InputError("`weights` goes with a `model`", "Leave the one or the other out.")
        return self

    def real_folder(self) -> Path:
        """Return the folder of real rain.

        Raises:
            InputError: It was not given.
        """
        if self.real is None:
            raise InputError("not given: `real`", "Give a folder of real rainy pictures.")
        return self.real
