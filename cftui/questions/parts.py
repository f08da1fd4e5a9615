"""What a prediction of a factorization machine is the sum of."""

from dataclasses import dataclass

from cftui.questions.band import Band, stars_words


@dataclass(frozen=True)
class PredictionPart:
    """What a field, or a pair of fields, adds to a prediction."""

    words: str
    """`genres alone`, `history with itself`, `user × item`."""
    value: float
    """In rating units."""


@dataclass(frozen=True)
class PredictionParts:
    """A prediction for a user and an item: the base and all parts add up to it."""

    base: float
    """What is predicted before anything is known, in rating units, as `predicted`."""
    parts: tuple[PredictionPart, ...]
    """The largest first, for or against; those that are 0 are left out."""
    predicted: float
    actual: float | None
    told: str
    """What it is the mean of, and what stands together, in words; empty where nothing does."""
    band: Band | None = None


def parts_lines(answer: PredictionParts, most: int | None = None) -> list[str]:
    """Return a prediction part by part, a line each; of more than `most` parts the rest as one."""
    shown, rest = answer.parts[:most], answer.parts[len(answer.parts[:most]) :]
    lines = [
        f"{answer.base:>9.4f}  before anything is known: the intercept",
        *(f"{part.value:>+9.4f}  {part.words}" for part in shown),
    ]
    if rest:
        others = sum(part.value for part in rest)
        lines.append(f"{others:>+9.4f}  {len(rest):,} smaller parts together")
    lines.append(f"{answer.predicted:>9.4f}  = prediction")
    if answer.band is not None:
        lines[-1] += f": {stars_words(answer)}"
    if answer.actual is not None:
        error = answer.predicted - answer.actual
        lines.append(f"{answer.actual:>9.4f}  what they gave: the error is {error:+.4f}")
    return [*lines, answer.told] if answer.told else lines
