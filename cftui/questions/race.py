"""Questions to the lab: several descents on the same points, side by side."""

from dataclasses import dataclass

from cftui.questions.lab import DescentAnswer, DescentSettings
from cftui.questions.question import Question

MOST_RACERS = 4
MOST_PLACE = 20_000
"""Steps of a race: each of them is kept, so that one can go back."""

Curve = tuple[tuple[float, ...], tuple[float, ...]]
"""What lies to the right, and upwards, of each point of a curve; equally many."""


@dataclass(frozen=True)
class Race(Question["RaceAnswer"], answered_in="cftui.lab.race"):
    """Where are several descents after so many steps, and how did they come there?"""

    settings: tuple[DescentSettings, ...]
    """On the same points and function; one to `MOST_RACERS`."""
    place: int
    """Steps done; a descent that diverges before stays there."""
    focused: int = 0
    """The one whose steps are told, by its place in `settings`."""
    first: int = 1
    """The first step that is told of it; where it diverged, as many before that as elsewhere."""
    ahead: int = 0
    """So many steps after `place` are told as well."""


@dataclass(frozen=True)
class Racer:
    """One descent of a race, as it is now."""

    options: tuple[tuple[str, float | bool], ...]
    """All of its rule, by name."""
    place: int
    """Steps done: fewer than was asked where it diverged."""
    diverged: bool
    weights: tuple[float, ...]
    rmse: float
    """Over all points, with these weights."""
    trail: Curve
    """The way of the first two weights, thinned: from the start to now."""
    errors: Curve
    """RMSE over all points by steps done, thinned."""
    epochs: Curve
    """RMSE of each whole epoch as met, by epoch from 1, thinned."""


@dataclass(frozen=True)
class Landscape:
    """The loss over the first two weights; of a third, as the focused descent has it."""

    best: tuple[float, ...]
    """Where the loss is least."""
    rings: tuple[tuple[float, Curve], ...]
    """RMSE over all points, and where it is that: rings around the least."""
    across: tuple[float, float]
    """What to show of the first weight: it holds start, least and trails, within reason."""
    upwards: tuple[float, float]
    """The same of the second."""


@dataclass(frozen=True)
class RaceAnswer:
    """A race at one moment."""

    focused: DescentAnswer
    """Steps `first` to `place` of the focused one, and those ahead."""
    racers: tuple[Racer, ...]
    landscape: Landscape
