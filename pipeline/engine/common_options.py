"""Settings that several commands have, with their texts. Importing this module is quick: it needs no torch."""

from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.engine.complete import words
from pipeline.engine.resources import Precision
from pipeline.engine.schema import RUN, Setting, number_or_auto


def _auto(value: object) -> object:
    """Take ``auto`` for None."""
    return None if value == "auto" else value


Device = Annotated[
    str,
    Setting(panel=RUN, complete=words("auto", "cpu", "cuda", "mps")),
    Field(description="auto, cpu, cuda, cuda:1 or mps."),
]
PrecisionOfWork = Annotated[
    Precision, Setting(panel=RUN), Field(description="auto is bf16 on GPUs that have it, else fp32.")
]
BatchSize = Annotated[
    int | None,
    BeforeValidator(_auto),
    Setting(panel=RUN, parse=partial(number_or_auto, "batch_size"), text="auto"),
    Field(description="Pictures of equal shape at once, or auto."),
]
Workers = Annotated[
    int | None,
    BeforeValidator(_auto),
    Setting(panel=RUN, parse=partial(number_or_auto, "workers"), text="auto"),
    Field(description="Threads (augment) or processes that decode ahead, 0 for none, or auto."),
]
MaxPixels = Annotated[int, Setting(panel=RUN), Field(description="Skip pictures with more pixels.")]
Overwrite = Annotated[
    bool, Setting(panel=RUN), Field(description="Remove the files of an earlier run in the output first.")
]
Strict = Annotated[bool, Setting(panel=RUN), Field(description="Stop at the first picture that cannot be done.")]
