"""Reads values of parsed labels, whose origin is unknown: what cannot be read is None, and nothing raises."""

import math

from pipeline.labels.interface import Box


def id_of(value: object) -> int | str | None:
    """Return an id that labels give, or None where it is none that could be looked for."""
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def corners(*values: object, sizes: bool = False) -> Box | None:
    """Read a box out of four parsed values.

    Args:
        values: x0, y0, x1, y1.
        sizes: The last two are width and height.

    Returns:
        The box, or None where they are no four finite numbers.
    """
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != len(values) or len(values) != 4:
        return None
    try:
        x0, y0, x1, y1 = map(float, numbers)
    except OverflowError:  # an integer beyond the range of floats
        return None
    if sizes:
        x1, y1 = x0 + x1, y0 + y1
    return (x0, y0, x1, y1) if all(map(math.isfinite, (x0, y0, x1, y1))) else None
