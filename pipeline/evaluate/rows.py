"""Features of many pictures, in one piece of memory from the beginning."""

import numpy as np

from pipeline.metrics.distance import Features


class Rows:
    """Rows of features, appended a few at a time.

    Their memory is taken at once. Rows that came and stayed one by one would lie between the large blocks that a
    network takes and gives back, none of which would fit again: the memory grew by 2 MB with each batch.

    Args:
        most: How many there will be at most.
        dimensions: Length of a row, D.
    """

    def __init__(self, most: int, dimensions: int) -> None:
        self._values = np.zeros((most, dimensions), np.float32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, rows: Features) -> None:
        """Append some (n, D).

        Raises:
            ValueError: There are more than there should be.
        """
        self._values[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    @property
    def values(self) -> Features:
        """Those that are there, (N, D)."""
        return self._values[: self._count]
