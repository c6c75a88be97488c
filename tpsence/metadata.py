"""What a checkpoint of this project says about itself.

The metadata stand as JSON under the key ``tpsence`` in the header of the ``.safetensors`` file, which is
data only: reading it runs nothing.
"""

from pydantic import BaseModel, ConfigDict, Field

HEADER_KEY = "tpsence"


class GeneratorMetadata(BaseModel):
    """The description of a generator.

    Unknown keys are ignored, so that files written by a later version still load.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = 1
    """Version of this description."""
    blocks: int = Field(ge=1)
    """Residual blocks."""
    ngf: int = Field(ge=1)
    """Channels after the first convolution."""
    width: int | None = Field(default=None, ge=16, le=16384)
    """Width in pixels that the pictures had in training, or None where it is not known."""
    source_domain: str | None = None
    """What goes in, for example ``clear``."""
    target_domain: str | None = None
    """What comes out, for example ``rain``."""
    training_data: str | None = None
    """The data set that it was trained on."""
    licence: str | None = None
    """The licence of the weights."""
