"""The columns of who loved a movie, or would."""

from collections.abc import Iterable

from cftui.questions.trained import Fan
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.shared.grid import Column


def _rated(fan: Fan) -> str:
    return "" if fan.value is None else f"{fan.value:g}"


def fan_columns(fans: Iterable[Fan]) -> tuple[Column, ...]:
    """Return the columns for these users."""
    return (
        Column("user", 8, key=lambda fan: fan.user, keeps_end=True),
        Column("rated", 5, align="right", key=_rated),
        stars_column("model", fans),
        Column("their mean", 10, align="right", key=lambda fan: f"{fan.mean:.2f}"),
        Column("ratings", 7, align="right", key=lambda fan: f"{fan.n_ratings:,}"),
    )
