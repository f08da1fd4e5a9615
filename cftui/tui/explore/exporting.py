"""What Explore writes to a file, and a newcomer's list as one."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.widget import Widget

from cftui.files import replacing
from cftui.questions.likes import LikelyItem
from cftui.text import plain
from cftui.tui.shared.ask_line import AskText

HEADER = ("rank", "item", "title", "genres", "score", "predicted", "ratings")


def ask_where_to_export(widget: Widget, rows: Sequence[LikelyItem]) -> None:
    """Ask for a file and write the list to it."""
    question = f"Write the {len(rows)} places of your list, as CSV, to which file?"
    ask_where(widget, question, "my-list.csv", lambda path: export_list(path, rows))


def ask_where(widget: Widget, question: str, name: str, export: Callable[[Path], None]) -> None:
    """Ask for a file, `name` if none other is given, and have it written by `export`."""

    def write(text: str | None) -> None:
        if text is None:
            return
        path = Path(text).expanduser()
        try:
            export(path)
        except OSError as error:
            words = f"{path}: {error.strerror or error}"
            widget.notify(plain(words), title="Not written", severity="error", markup=False)
        else:
            widget.notify(plain(str(path.absolute())), title="Written", markup=False)

    def refuse(text: str) -> str:
        return refuse_path(text, name)

    widget.app.push_screen(AskText(question, name, refuse=refuse, doubt=doubt_path), write)


def export_list(path: Path, rows: Sequence[LikelyItem]) -> None:
    """Write a list as CSV, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for r in rows:
            predicted = "" if r.predicted is None else f"{r.predicted:.4f}"
            score = f"{r.score:.4f}"
            writer.writerow((r.rank, r.item, r.title, r.genres, score, predicted, r.n_ratings))


def refuse_path(text: str, name: str) -> str:
    """Return why no such file can be written, `name` is one that could be; empty if it can."""
    path = Path(text).expanduser()
    if not text or path.is_dir():
        return f"a file name, such as {name}"
    folder = path.absolute().parent
    return "" if folder.is_dir() else f"there is no folder {folder}"


def doubt_path(text: str) -> str:
    """Return what is to be confirmed before a file is written; empty if nothing is."""
    path = Path(text).expanduser()
    return f"{path.name} is there already; enter again replaces it" if path.exists() else ""
