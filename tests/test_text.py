"""Numbers of any size within a column."""

import pytest

from cftui.text import fitting


@pytest.mark.parametrize(
    ("value", "decimals", "cells", "expected"),
    [
        (0.80799, 4, 6, "0.8080"),
        (17.97764, 4, 6, "17.978"),
        (323.1957, 4, 6, "323.20"),
        (40_000.4, 4, 6, "40000"),
        (99.996, 2, 5, "100.0"),
        (3.2e8, 4, 6, "3e+08"),
        (-10.016, 2, 5, "-10.0"),
        (float("nan"), 4, 6, "nan"),
    ],
)
def test_a_number_fits(value: float, decimals: int, cells: int, expected: str) -> None:
    assert fitting(value, decimals, cells) == expected
    assert len(expected) <= cells


def test_a_sign_takes_a_cell() -> None:
    assert fitting(5.824, 2, 6, "+") == "+5.82" and fitting(116.948, 2, 6, "+") == "+116.9"
