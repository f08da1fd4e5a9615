"""What Explore writes to a file, and a newcomer's list as one."""

import csv
from collections.abc import Sequence
from pathlib import Path

from textual.widget import Widget

from cftui.files import replacing
from cftui.questions.likes import LikelyItem
from cftui.text import for_spreadsheet
from cftui.tui.shared.ask_file import ask_where

HEADER = ("rank", "item", "title", "genres", "score", "predicted", "ratings")


def ask_where_to_export(widget: Widget, rows: Sequence[LikelyItem]) -> None:
    """Ask for a file and write the list to it."""
    question = f"Write the {len(rows)} places of your list, as CSV, to which file?"
    ask_where(widget, question, "my-list.csv", lambda path: export_list(path, rows))


def export_list(path: Path, rows: Sequence[LikelyItem]) -> None:
    """Write a list as CSV, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for r in rows:
            predicted = "" if r.predicted is None else f"{r.predicted:.4f}"
            score = f"{r.score:.4f}"
            told = map(for_spreadsheet, (r.item, r.title, r.genres))
            writer.writerow((r.rank, *told, score, predicted, r.n_ratings))
