"""The size of a picture, for those who need no array: importing this module is quick."""

Size = tuple[int, int]
"""(W, H) in pixels."""
