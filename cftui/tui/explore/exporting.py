"""What Explore writes to a file, and a newcomer's list as one."""

import csv
from collections.abc import Sequence
from pathlib import Path

from textual.widget import Widget

from cftui.files import replacing
from cftui.questions.band import ends_of
from cftui.questions.likes import LikelyItem
from cftui.text import for_spreadsheet
from cftui.tui.shared.ask_file import ask_where

HEADER = ("rank", "item", "title", "genres", "score", "predicted")


def ask_where_to_export(widget: Widget, rows: Sequence[LikelyItem]) -> None:
    """Ask for a file and write the list to it."""
    question = f"Write the {len(rows)} places of your list, as CSV, to which file?"
    ask_where(widget, question, "my-list.csv", lambda path: export_list(path, rows))


def export_list(path: Path, rows: Sequence[LikelyItem]) -> None:
    """Write a list as CSV, whole or not at all. Raises OSError where it cannot be written.

    Where the run tells bands, `low` and `high` are their ends.
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        ends = ends_of(rows)
        writer.writerow((*HEADER, *ends, "ratings"))
        for place, r in enumerate(rows):
            stars = (r.predicted, *(column[place] for column in ends.values()))
            told = map(for_spreadsheet, (r.item, r.title, r.genres))
            writer.writerow((r.rank, *told, *map(_number, (r.score, *stars)), r.n_ratings))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
