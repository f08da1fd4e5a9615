"""Ratings given on another scale, mapped onto that of the data."""

import math
from dataclasses import dataclass

from cftui.questions.errors import QuestionError
from cftui.ratings.liking import liking_threshold
from cftui.ratings.values import Ratings


@dataclass(frozen=True)
class ScaleMap:
    """From values within `given` to values within `onto`, ends on ends, to the nearest step."""

    given: tuple[float, float]
    onto: tuple[float, float]
    step: float | None

    def value(self, given: float) -> float:
        """Return the data's value; halfway between two steps, the higher."""
        (low, high), (least, most) = self.given, self.onto
        exact = least + (given - low) / (high - low) * (most - least)
        if self.step is None:
            return min(max(exact, least), most)
        steps = math.floor((exact - least) / self.step + 0.5 + 1e-9)
        # To the digits that are meant: 0.1 times 3 is not 0.3.
        return min(max(float(f"{least + steps * self.step:.10g}"), least), most)

    @property
    def words(self) -> str:
        """Return how values are mapped, as a sentence."""
        (low, high), (least, most) = self.given, self.onto
        if self.given == self.onto:
            return f"values {low:g} to {high:g} as they are"
        nearest = f", to the nearest {self.step:g}" if self.step else ""
        return f"values {low:g} to {high:g} linearly onto {least:g} to {most:g}{nearest}"


def check_scale(given: tuple[float, float] | None) -> None:
    """Raise QuestionError where lowest and highest are none."""
    if given and not (all(map(math.isfinite, given)) and given[0] < given[1]):
        raise QuestionError(f"{given[0]:g} to {given[1]:g} is no scale: give lowest and highest")


def scale_map(given: tuple[float, float] | None, ratings: Ratings) -> ScaleMap:
    """Return how values within `given` become the data's; none given: they are the data's.

    Raises QuestionError for data of counts or of one value.
    """
    if ratings.low == ratings.high:
        raise QuestionError(f"all values of these ratings are {ratings.low:g}: no scale to map to")
    if given is not None and liking_threshold(ratings.value, None).rule == "counts":
        raise QuestionError(
            "these ratings are counts (of plays, or of visits), which no stars can be mapped to"
        )
    onto = (ratings.low, ratings.high)
    if given is None:
        return ScaleMap(onto, onto, None)
    return ScaleMap(given, onto, ratings.step)
