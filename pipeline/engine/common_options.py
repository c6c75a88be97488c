"""Settings that several commands have, with their texts. Importing this module is quick: it needs no torch."""

from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.engine.complete import words
from pipeline.engine.resources import EngineName, Precision
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
EngineOfWork = Annotated[
    EngineName,
    Setting(panel=RUN),
    Field(description="local: threads and processes of this machine. ray: a Ray cluster; see docs/scale.md."),
]
Address = Annotated[
    str | None,
    Setting(panel=RUN, complete=words("auto", "ray://")),
    Field(
        description="Of the Ray cluster: auto for the one that this machine belongs to, host:port, or ray://host:port "
        "from outside. Default: one of this machine's own, for the time of the command."
    ),
]
GpusPerWorker = Annotated[
    float | None,
    Setting(panel=RUN),
    Field(description="GPUs of each Ray worker; several share one with 0.5. Default: 1 where the cluster has GPUs."),
]
WorkersOfEngine = Annotated[
    Workers,
    Field(
        description="Threads (augment) or processes that decode ahead, 0 for none, or auto. With Ray: its workers, "
        "each with networks of its own; auto is one for each GPU, or for each two cores."
    ),
]
MaxPixels = Annotated[int, Setting(panel=RUN), Field(description="Skip pictures with more pixels.")]
Overwrite = Annotated[
    bool, Setting(panel=RUN), Field(description="Remove the files of an earlier run in the output first.")
]
Strict = Annotated[bool, Setting(panel=RUN), Field(description="Stop at the first picture that cannot be done.")]
