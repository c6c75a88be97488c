"""What ``train`` can be told. Importing this module is quick: it needs no torch."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.engine.common_options import Device, Workers
from pipeline.engine.complete import name_or_path
from pipeline.engine.resources import Precision
from pipeline.engine.schema import DATA, METHOD, RUN, JobOptions, Setting
from pipeline.train.enums import Direction
from pipeline.train.time_limit import parse_time

SET_HELP = Field(
    description="Change a setting of the preset; can be given many times. See tpsence train --list-settings."
)
"""The text of what changes a preset, wherever it can be changed."""


def _presets() -> list[str]:
    """Names of presets."""
    from pipeline.train.presets import preset_names  # imports what reads them

    return preset_names()


complete_preset = name_or_path(_presets, (".py",))
"""Completes what names a preset: that of an installed one, or a file."""


def complete_setting(begun: str) -> list[tuple[str, str]]:
    """Complete the key of a setting: each with its meaning."""
    from pipeline.train.config import SETTINGS, meaning

    return [(f"{key}=", meaning(key)) for key in SETTINGS if key.startswith(begun)]


class TrainOptions(JobOptions):
    """The choices of one training; what they leave open, the preset says."""

    # Lists of settings are printed without the first three, so that the command line can do without.
    preset: Annotated[str, Setting(positional=True, metavar="PRESET", required=False, complete=complete_preset)]
    """A preset's name, or a .py file of your own: a program, which is run with your rights (not by --dry-run)."""
    data: Annotated[Path, Setting(panel=DATA, required=False)]
    """Folder with trainA (clear), trainB (rainy), trainS, trainT for the weighting semantic, trainP for targets."""
    out: Annotated[Path, Setting(panel=DATA, required=False)]
    """Folder of the run, new or to be continued."""
    settings: Annotated[
        tuple[str, ...],
        SET_HELP,
        Setting(panel=METHOD, flag="set", metavar="KEY=VALUE", many=True, complete=complete_setting),
    ] = ()
    direction: Annotated[Direction | None, Setting(panel=METHOD)] = None
    """BtoA trains the inverse: rainy to clear."""
    seed: Annotated[int | None, Setting(panel=METHOD)] = None
    """The same seed gives the same run."""
    resume: Annotated[bool, Setting(panel=RUN)] = False
    """Continue the run in --out; begin it if there is none."""
    max_time: Annotated[
        float | None, BeforeValidator(parse_time), Setting(panel=RUN, parse=parse_time, metavar="TIME")
    ] = None
    """Save and end before so much time is over, for example 45s, 9m, 1h30m; at least one step is done."""
    device: Device = "auto"
    precision: Annotated[Precision | None, Setting(panel=RUN)] = None
    """auto is bf16 on GPUs that have it, else fp32. Losses are always in fp32."""
    compile: Annotated[bool, Setting(panel=RUN)] = False
    """Compile the networks; needs a C++ compiler on CPUs."""
    workers: Workers = None

    def changes(self) -> list[str]:
        """Return the changes of the preset as ``section.name=value``; of two for one key the last counts."""
        own = {
            "run.direction": self.direction and self.direction.value,
            "run.seed": self.seed,
            "run.precision": self.precision and self.precision.value,
            "run.compile": self.compile or None,
        }
        return [*self.settings, *(f"{key}={value}" for key, value in own.items() if value is not None)]
