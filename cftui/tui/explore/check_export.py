"""A check of a run as a file: its figures as CSV, or all of it as JSON."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

from textual.widget import Widget

from cftui.files import replacing
from cftui.questions.check import CheckAnswer
from cftui.text import for_spreadsheet
from cftui.tui.shared.ask_file import ask_where

HEADER = ("run", "step", "method", "measure", "value", "low", "high")


def ask_where_to_export_check(widget: Widget, answer: CheckAnswer) -> None:
    """Ask for a file and write a check to it."""
    question = "Write the figures as CSV, or with the ending .json all of it, to which file?"
    ask_where(widget, question, "check.csv", lambda path: export_check(path, answer))


def export_check(path: Path, answer: CheckAnswer) -> None:
    """Write a check, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        if path.suffix.lower() == ".json":
            json.dump(asdict(answer), file, indent=1, ensure_ascii=False)
            return
        writer = csv.writer(file)
        writer.writerow(HEADER)
        run = for_spreadsheet(answer.run)
        for method in answer.methods:
            for measure, at in method.measures:
                figures = (f"{value:.6g}" for value in (at.value, at.low, at.high))
                writer.writerow((run, answer.step, method.name, measure, *figures))
