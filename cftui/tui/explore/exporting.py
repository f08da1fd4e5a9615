"""A newcomer's list as a file."""

import csv
from collections.abc import Sequence
from pathlib import Path

from textual.widget import Widget

from cftui.files import replacing
from cftui.questions.likes import LikelyItem
from cftui.text import plain
from cftui.tui.shared.ask_line import AskText

HEADER = ("rank", "item", "title", "genres", "score", "predicted", "ratings")


def ask_where_to_export(widget: Widget, rows: Sequence[LikelyItem]) -> None:
    """Ask for a file and write the list to it."""

    def write(text: str | None) -> None:
        if text is None:
            return
        path = Path(text).expanduser()
        try:
            export_list(path, rows)
        except OSError as error:
            words = f"{path}: {error.strerror or error}"
            widget.notify(plain(words), title="Not written", severity="error", markup=False)
        else:
            widget.notify(plain(str(path.absolute())), title="List written", markup=False)

    question = f"Write the {len(rows)} places of your list, as CSV, to which file?"
    ask = AskText(question, "my-list.csv", refuse=refuse_path, doubt=doubt_path)
    widget.app.push_screen(ask, write)


def export_list(path: Path, rows: Sequence[LikelyItem]) -> None:
    """Write a list as CSV, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for r in rows:
            predicted = "" if r.predicted is None else f"{r.predicted:.4f}"
            score = f"{r.score:.4f}"
            writer.writerow((r.rank, r.item, r.title, r.genres, score, predicted, r.n_ratings))


def refuse_path(text: str) -> str:
    """Return why a list cannot be written to such a file; empty if it can."""
    path = Path(text).expanduser()
    if not text or path.is_dir():
        return "a file name, such as my-list.csv"
    folder = path.absolute().parent
    return "" if folder.is_dir() else f"there is no folder {folder}"


def doubt_path(text: str) -> str:
    """Return what is to be confirmed before a list is written to a file; empty if nothing is."""
    path = Path(text).expanduser()
    return f"{path.name} is there already; enter again replaces it" if path.exists() else ""
