"""What a checkpoint of this project says about itself.

The metadata stand as JSON under the key ``tpsence`` in the header of the ``.safetensors`` file, which is
data only: reading it runs nothing. The architecture's sizes stand among the other keys.
"""

import reprlib
from collections.abc import Mapping
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tpsence.architectures import Architecture, from_metadata, to_metadata
from tpsence.conventions import WaterWord

HEADER_KEY = "tpsence"


class GeneratorMetadata(BaseModel):
    """The description of a generator.

    Unknown keys are ignored, so that files written by a later version still load.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = 1
    """Version of this description."""
    architecture: Architecture
    """What the network is."""
    width: int | None = Field(default=None, ge=16, le=16384)
    """Width in pixels that the pictures had in training, or None where it is not known."""
    source_domain: str | None = None
    """What goes in, for example ``clear``."""
    target_domain: str | None = None
    """What comes out, for example ``rain``."""
    water: WaterWord | None = None
    """How much water its pictures should be rendered with, which it does not make itself; None where it is not told."""
    light_only: bool = False
    """Whether all that it is for is the light of its pictures: what else it changes, grain and softness, is a fault."""
    day_only: bool = False
    """Whether it knows pictures by day alone, so that those by night are better left in their own light."""
    training_data: str | None = None
    """The data set that it was trained on."""
    licence: str | None = None
    """The licence of the weights."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: object) -> object:
        """Make the architecture of the keys that a file has for it."""
        if not isinstance(values, Mapping) or isinstance(values.get("architecture"), Architecture):
            return values
        found = from_metadata(values)
        return values if found is None else {**values, "architecture": found}

    @field_validator("architecture", mode="plain")
    @classmethod
    def _refuse_unknown(cls, value: object) -> Architecture:
        """Refuse an architecture that is not in the registry."""
        if isinstance(value, Architecture):
            return value
        raise PydanticCustomError("architecture", "{name} is not known", {"name": reprlib.repr(value)})

    @field_serializer("architecture")
    def _as_keys(self, architecture: Architecture) -> dict[str, Any]:
        """Return the keys that a file has for the architecture."""
        return to_metadata(architecture)

    @model_serializer(mode="wrap")
    def _spread(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write the architecture's keys among the others."""
        spread: dict[str, Any] = {}
        for key, value in serialise(self).items():
            spread |= value if key == "architecture" else {key: value}
        for key in ("light_only", "day_only"):
            if not spread[key]:  # files that say nothing of it stay the same
                del spread[key]
        return spread
