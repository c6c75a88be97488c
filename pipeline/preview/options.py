"""What ``preview`` can be told. Importing this module is quick: it needs no torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, model_validator

from pipeline.augment.options import STRONGEST, AugmentOptions
from pipeline.augment.water_choice import DEFAULT_WEIGHTS
from pipeline.effects.water_options import WaterLevel
from pipeline.engine import complete
from pipeline.engine.common_options import Device, MaxPixels, PrecisionOfWork
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, check_range
from pipeline.engine.schema import DATA, RESULT, JobOptions, Setting, told_as
from pipeline.labels.registry import AUTO, format_help, labels_help
from pipeline.preview.listed import levels, numbers, places
from tpsence.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

MOST_PICTURES = 50
MOST_SHOWN = 200
"""Pictures on a page, the originals too; each has less room the more there are."""
_BY_DEFAULT = 3
"""The most levels of water that are shown where none was told."""


class PreviewOptions(JobOptions):
    """What is shown, and how it is made."""

    source: Annotated[
        Path,
        Field(description=f"A picture, a folder of pictures, or labels: {labels_help()}."),
        Setting(positional=True, metavar="SOURCE"),
    ]
    out: Annotated[Path, Setting(panel=DATA)] = Path("preview")
    """Folder that preview.html and preview.png go to, or the name of one of the two. Earlier ones are replaced."""
    images: Annotated[Path | None, Setting(panel=DATA)] = None
    """Folder that the names in the labels are relative to; looked for beside the labels if not given."""
    format: Annotated[str, Field(description=format_help()), Setting(panel=DATA, complete=complete.label_format)] = AUTO
    follow_links: Annotated[bool, told_as(AugmentOptions, "follow_links"), Setting(panel=DATA)] = False
    number: Annotated[int, Setting(panel=DATA)] = 3
    """Pictures to show, at most 50: the first by the hash that augment --fraction goes by."""

    weights: Annotated[
        tuple[str, ...],
        BeforeValidator(places),
        Setting(panel=RESULT, many=True, parse=places, metavar="A,B", complete=complete.generator),
    ] = ()
    """Generators, as for augment: several with commas between them, or given many times. Default: rain."""
    strengths: Annotated[
        tuple[float, ...],
        BeforeValidator(numbers),
        Setting(panel=RESULT, parse=numbers, text="1", metavar="0.5,1"),
    ] = ()
    """Scales of the change, 0 to 1.5 each."""
    water: Annotated[
        tuple[WaterLevel, ...],
        BeforeValidator(levels),
        Setting(
            panel=RESULT,
            parse=levels,
            metavar="light,heavy",
            complete=complete.words(*(level.value for level in WaterLevel)),
        ),
    ] = ()
    """Levels of water: none, light, moderate, heavy. Default: what the weights want; where nothing else is compared,
    light and heavy too."""
    water_only: Annotated[bool, told_as(AugmentOptions, "water_only"), Setting(panel=RESULT)] = False
    width: Annotated[int | None, told_as(AugmentOptions, "width"), Setting(panel=RESULT)] = None
    seed: Annotated[int, Setting(panel=RESULT)] = 0
    """Chooses other pictures, and other places of puddles, streaks and drops."""

    device: Device = "auto"
    precision: PrecisionOfWork = Precision.AUTO
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS

    @property
    def generators(self) -> tuple[str, ...]:
        """The generators to show, by name or path; none for water alone."""
        return () if self.water_only else self.weights or (DEFAULT_WEIGHTS,)

    @property
    def compares_water_alone(self) -> bool:
        """Whether nothing was told to compare, so that levels of water are compared."""
        return not self.water and not self.strengths and len(self.weights) < 2

    @model_validator(mode="after")
    def _check(self) -> "Self":
        """Refuse what is out of range, and contradictions.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        check_range(1 <= self.number <= MOST_PICTURES, "number", f"1 to {MOST_PICTURES}")
        check_range(all(0 <= one <= STRONGEST for one in self.strengths), "strengths", f"0 to {STRONGEST} each")
        check_range(self.max_pixels >= 1, "max_pixels", "at least 1")
        AugmentOptions(width=self.width)
        self._refuse_too_many()
        if self.water_only:
            of_generator = {"weights": self.weights, "strengths": self.strengths, "width": self.width is not None}
            for name, is_told in of_generator.items():
                if is_told:
                    message = f"`{name}` is the generator's, and `water_only` goes without one"
                    raise InputError(message, f"Leave `{name}` out, or `water_only`.")
            if WaterLevel.NONE in self.water:
                message = "`water_only` with `water` none would change nothing"
                raise InputError(message, "Give `water` light, moderate or heavy, or leave `water_only` out.")
        return self

    def _refuse_too_many(self) -> None:
        """Refuse a page with more pictures than anybody can compare.

        Raises:
            InputError: It would have.
        """
        waters = _BY_DEFAULT if self.compares_water_alone else max(1, len(self.water))
        columns = 1 + max(1, len(self.weights)) * max(1, len(self.strengths)) * waters
        if self.number * columns > MOST_SHOWN:
            most = MOST_SHOWN // columns
            message = f"`number` {self.number} with {columns} pictures each, the original too: over {MOST_SHOWN}"
            hint = f"Give `number` {most} or less." if most else "Compare less at once."
            raise InputError(message, hint)
