"""The map of ratings onto 0.5 to 5: by hand, exact where it can be, and no map at all."""

import numpy as np
import pytest

from cftui.hyperparameters import DataInfo
from cftui.ratings.unit import IDENTITY, RatingUnit


def test_by_hand_and_back() -> None:
    unit = RatingUnit(10.0, 100.0)  # the lesson's ratings times 20
    ratings = np.array([10, 20, 30, 65, 100], np.float32)
    mapped = unit.to_unit(ratings)
    assert mapped.dtype == np.float32 and mapped.tolist() == [0.5, 1.0, 1.5, 3.25, 5.0]
    assert unit.to_ratings(mapped).tolist() == ratings.tolist()
    assert (unit.scale, unit.offset, unit.squared) == (20.0, 0.0, 400.0)
    assert unit.info(DataInfo(3, 4, 10, 100)) == DataInfo(3, 4, 0.5, 5.0)


def test_a_scale_may_be_anywhere() -> None:
    unit = RatingUnit(-10.0, 8.0)  # 4x - 12
    assert unit.to_unit(np.array([-10.0, 0.0, 8.0])).tolist() == [0.5, 3.0, 5.0]
    assert unit.scale * 3.0 + unit.offset == 0.0
    # Such squares are beyond float32, and such differences lost in it.
    vast = RatingUnit(-3e38, 3e38)
    assert vast.to_unit(np.array([-3e38, 0, 3e38], np.float32)) == pytest.approx([0.5, 2.75, 5.0])
    shifted = RatingUnit(1_000_000.0, 1_000_001.0)
    assert shifted.to_unit(np.array([1_000_000.25], np.float32)).tolist() == [1.625]


@pytest.mark.parametrize("unit", [RatingUnit(0.5, 5.0), RatingUnit(3.0, 3.0), IDENTITY])
def test_the_lessons_range_and_a_single_value_are_left_alone(unit: RatingUnit) -> None:
    values = np.array([0.1, 3.0, np.nextafter(np.float32(1.1), 2)], np.float32)
    assert unit.to_unit(values) is values and unit.to_ratings(values) is values
    assert (unit.scale, unit.offset, unit.squared) == (1.0, 0.0, 1.0)
    assert unit.info(DataInfo(1, 1, 3.0, 3.0)) == DataInfo(1, 1, 3.0, 3.0)
