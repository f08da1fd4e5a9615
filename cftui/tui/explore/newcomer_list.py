"""The table of what a newcomer would like, with what moved in it, and its head in words."""

from dataclasses import dataclass

from textual import events

from cftui.questions.newcomer import FoldInAnswer
from cftui.questions.trained import Recommendation
from cftui.tui.explore.view import fill
from cftui.tui.shared.grid import Column, Grid

COLUMNS = (
    Column("#", 3, align="right", key=lambda row: str(row.item.rank)),
    Column("moved", 6, align="right", key=lambda row: arrow(row.moved)),
    Column("model", 5, align="right", key=lambda row: f"{row.item.predicted:.2f}"),
    Column("ratings", 7, align="right", key=lambda row: f"{row.item.n_ratings:,}"),
    Column("title", None, key=lambda row: row.item.title),
)
NO_TASTES = "No tastes learned yet: r another run, t trains one"


@dataclass(frozen=True)
class MovedItem:
    """A recommendation, and by how many places it rose; none where that is not known."""

    item: Recommendation
    moved: int | None


class NewcomerList(Grid):
    """Recommendations, each with the places by which it rose or fell."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, id="first", classes="rateable")

    def on_resize(self, event: events.Resize) -> None:
        """Leave the numbers of ratings out where titles need the room."""
        narrow = event.size.width < 60
        self.set_columns(c for c in COLUMNS if not (narrow and c.label == "ratings"))

    def show(self, answer: FoldInAnswer) -> None:
        """Show an answer's recommendations."""
        self.set_empty("None pass: n asks for fewer ratings, f for other genres or years")
        rows = list(map(MovedItem, answer.recommended, answer.moved))
        fill(self, rows, [row.item.item for row in rows])


def arrow(moved: int | None) -> str:
    """Return by how many places something moved, as a mark and a number."""
    if moved is None or moved == 0:
        return ""
    return f"▲{moved:,}" if moved > 0 else f"▼{-moved:,}"


def newcomer_words(answer: FoldInAnswer, learning: bool) -> str:
    """Return two lines: what was given and how it is weighed, and what to make of the list.

    `learning` says whether the run that answers goes on.
    """
    count = len(answer.rated)
    you = f"You: {count} rating{'' if count == 1 else 's'}"
    bias = "" if answer.bias is None else f", bias {answer.bias:+.2f}"
    first = f"{you}{bias}, regularization {answer.regularization:g} (l)"
    if answer.flat:
        second = "No tastes learned yet, but it goes on" if learning else NO_TASTES
    elif not count:
        second = "Rate a few titles at the left: then it is yours"
    elif not all(row.trained for row in answer.rated):
        second = "? was never trained on: that rating tells nothing"
    elif not any(answer.moved):
        second = "Rate more of them, or change one (left, right)"
    else:
        second = "▲▼ places moved by your last change"
    return f"{first}\n{second}"
