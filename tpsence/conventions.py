"""What the callers of the method keep to. Importing this module is quick: it needs no torch."""

IGNORE = 255
"""The class id of pixels that do not count."""
