"""Rows of features, appended a few at a time."""

import numpy as np
import pytest

from pipeline.evaluate.rows import Rows


def test_rows_come_back_in_their_order_and_no_more_than_came() -> None:
    rows = Rows(5, 3)
    rows.append(np.ones((2, 3), np.float32))
    rows.append(np.full((1, 3), 2, np.float32))
    assert len(rows) == 3
    assert rows.values.tolist() == [[1, 1, 1], [1, 1, 1], [2, 2, 2]]


def test_more_than_were_expected_are_refused() -> None:
    rows = Rows(1, 2)
    with pytest.raises(ValueError, match="could not broadcast"):
        rows.append(np.ones((2, 2), np.float32))
