"""What the callers of the method keep to. Importing this module is quick: it needs no torch."""

IGNORE = 255
"""The class id of pixels that do not count."""
MIN_SIDE = 8
"""The smallest height or width that the generator takes, in pixels: below it the padding inside the residual blocks has
nothing to reflect."""
