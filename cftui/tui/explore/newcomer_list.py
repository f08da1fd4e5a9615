"""The table of what a newcomer would like, with what moved in it, and its head in words."""

from dataclasses import dataclass

from textual import events

from cftui.people import ME, same
from cftui.questions.band import Band, band_words
from cftui.questions.items import ListOrder
from cftui.questions.likes import ForYouAnswer, LikelyItem
from cftui.text import bar
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.explore.view import fill
from cftui.tui.shared.grid import Column, Grid

ORDER_WORDS: dict[ListOrder, str] = {
    "likes": "For you",
    "stars": "By predicted stars",
    "popular": "Popular",
}
NO_TASTES = "Its stars know no tastes yet: r another run, t trains one"
LONGEST_NAME = 8
"""Letters of a name in a short head; it stands whole above what was rated."""
NARROW = 60
"""Cells of the table under which titles need the room."""


@dataclass(frozen=True)
class ListedItem:
    """A place of the list as it is shown."""

    item: LikelyItem
    share: float
    """Of the highest score on the list."""
    moved: int | None
    """By how many places it rose; none where that is not known."""

    def score(self, cells: int) -> str:
        """Return the score as a number and a bar of so many cells."""
        return f"{self.item.score:6.3f} {bar(max(self.share, 0.0), cells)}"

    @property
    def predicted(self) -> float | None:
        """Return the predicted rating; none where there is none."""
        return self.item.predicted

    @property
    def band(self) -> Band | None:
        """Return how far a rating may be from it, where the run tells."""
        return self.item.band


class NewcomerList(Grid):
    """What somebody would like, each with its score and the places by which it rose or fell."""

    def __init__(self) -> None:
        super().__init__((), empty="Reading what people like …", id="first", classes="explained")
        self._has_scores = self._has_likes = self._has_stars = self._has_moved = False
        self._stars = stars_column("stars", ())

    def on_resize(self, event: events.Resize) -> None:
        """Leave out what titles need the room of."""
        self._choose_columns(event.size.width)

    def show(self, answer: ForYouAnswer) -> None:
        """Show an answer's list."""
        self.set_empty("None pass: n asks for fewer ratings, f for other genres or years")
        places = answer.recommended
        top = max((place.score for place in places), default=0.0)
        rows = [
            ListedItem(place, place.score / top if top > 0 else 0.0, moved)
            for place, moved in zip(places, answer.moved, strict=True)
        ]
        self._has_scores = bool(answer.rated) and answer.order != "popular"
        self._has_likes = answer.order == "popular"
        self._has_stars = any(place.predicted is not None for place in places)
        self._has_moved = any(answer.moved)
        self._stars = stars_column("stars", rows)
        self._choose_columns(self.size.width)
        fill(self, rows, [place.item for place in places])

    def _choose_columns(self, width: int) -> None:
        narrow = width < NARROW
        cells = 2 if narrow else 4
        score = Column(
            *("score", 7 + cells), key=lambda row: row.score(cells), value=lambda r: r.item.score
        )
        columns = (
            (rank_column(_item), True),
            (score, self._has_scores),
            (_LIKED, self._has_likes),
            (self._stars, self._has_stars),
            (_MOVED, self._has_moved),
            (count_column(_item), True),
        )
        titles = title_columns(_item)
        self.set_columns([*(column for column, shown in columns if shown), *titles])


def _item(row: ListedItem) -> LikelyItem:
    return row.item


_LIKED = Column("liked by", 8, align="right", key=lambda row: f"{row.item.n_liked:,}")
_MOVED = Column("moved", 5, align="right", key=lambda row: arrow(row.moved))


def arrow(moved: int | None) -> str:
    """Return by how many places something moved, as a mark and a number."""
    if moved is None or moved == 0:
        return ""
    return f"▲{moved:,}" if moved > 0 else f"▼{-moved:,}"


def order_words(answer: ForYouAnswer) -> str:
    """Return what a list is ordered by."""
    if answer.order == "likes" and not answer.rated:
        return "Popular, until you rate"
    if answer.order == "likes" and answer.step is not None and not answer.flat:
        return "For you, by likes and stars together"
    return ORDER_WORDS[answer.order]


def newcomer_words(
    answer: ForYouAnswer, name: str, *, learning: bool, weight: float, narrow: bool
) -> str:
    """Return the list's head: what counts, what to make of it, and how it was made.

    `name` is whose list it is; `learning` says whether the run goes on, `weight` how near
    its stars are held to the mean user.
    """
    count = len(answer.rated)
    likes = sum(row.value >= answer.threshold for row in answer.rated)
    whose = "You" if same(name) == ME else name
    if narrow and len(whose) > LONGEST_NAME:
        whose = f"{whose[: LONGEST_NAME - 1]}…"
    you = f"{whose}: {count} rating{'' if count == 1 else 's'}"
    short = f"{you}, {likes} liked ({answer.threshold:g} or more: h)"
    wide = f"{you}, {likes} liked: {answer.threshold:g} or more (h); lower counts a little"
    first = short if narrow else wide
    how, places = answer.way, answer.recommended
    if is_drawn(answer):
        how += f"; stars: your factors drawn in each of the run's draws. {band_words(places)}"
    elif answer.step is not None:
        how += f"; stars by fold-in, regularization {weight:g} (l)"
    stars = _doubt_of_stars(answer, learning)
    return "\n".join([first, _hint(answer), *([stars] if stars else []), how])


def is_drawn(answer: ForYouAnswer) -> bool:
    """Return whether the stars are of a run whose draws take the newcomer in."""
    return any(place.band is not None for place in answer.recommended)


def _doubt_of_stars(answer: ForYouAnswer, learning: bool) -> str:
    if answer.no_stars:
        return f"No stars: {answer.no_stars}"
    if answer.flat:
        return "Its stars know no tastes yet, but it goes on" if learning else NO_TASTES
    return ""


def _hint(answer: ForYouAnswer) -> str:
    if not answer.rated:
        return "Rate a title or two at the left: then it is yours"
    if all(row.value < answer.threshold for row in answer.rated):
        return "None of these is liked: rate something that you like"
    if not any(answer.moved):
        return "Rate more; tab, then left and right change one"
    return "▲▼ places moved by your last change"
