"""What the callers of the method keep to. Importing this module is quick: it needs no torch."""

from typing import Literal

IGNORE = 255
"""The class id of pixels that do not count."""

WaterWord = Literal["none", "light", "moderate", "heavy"]
"""How hard it should rain on the pictures that a generator makes; what that means is for those to say who render it."""
