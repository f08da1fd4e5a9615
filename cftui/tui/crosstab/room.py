"""How many users and movies a window has room for."""

from cftui.tui.crosstab.column_heads import WRAPPED_LINES
from cftui.tui.crosstab.lines import CELL, LAST_TITLE, LONGEST_ID
from cftui.tui.crosstab.shown_cells import Place

LESSON = 15
"""Users and movies of the lesson's crosstab: the least, so that it is always there in whole."""
MOST_STEMS = 26
"""Titles that may have a line of their own each."""


def room_for(width: int, height: int, n_margin: int) -> Place:
    """Return how many users and movies a grid of so many cells shows, the lesson's at least.

    `n_margin`: factors beside them. Where 15 users fit below 15 titles in full, titles are: each
    takes a line, so that users and movies share the lines about evenly.
    """
    across, lines = width - LONGEST_ID - 1 - n_margin * CELL, height - n_margin - 1
    stemmed = min((across - LAST_TITLE) // CELL, MOST_STEMS, lines // 2)
    if lines >= 2 * LESSON - 1:  # one fewer while a hint is on show, for which nothing is to move
        movies = max(stemmed, LESSON)
        return max(lines - movies, LESSON), movies
    return max(lines - WRAPPED_LINES, LESSON), max(across // CELL, LESSON)
