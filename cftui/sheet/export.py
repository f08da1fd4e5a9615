"""A crosstab's cells as text for files, documents and spreadsheets."""

import csv
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cftui.files import replace_file
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.sheet import Labels, Sheet, WriteCells
from cftui.remedies import cause
from cftui.sheet.workbook import write_workbook
from cftui.text import for_spreadsheet, plain

ENDINGS = (".csv", ".tsv", ".md", ".xlsx")


def ending_of(path: Path) -> str:
    """Return the kind of file that a path asks for; raises QuestionError for another kind."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise QuestionError(f"{path}: choose a name that ends in {', '.join(ENDINGS)}")
    return ending


@answers(WriteCells)
def answer_write(_: Library, question: WriteCells) -> str:
    """Return cells as text for a clipboard, or the path of the file that they are written to."""
    if not question.path:
        return cells_text(".tsv", question.labels, question.values)
    path = Path(question.path).expanduser().absolute()
    write_cells(path, question.labels, question.values, question.sheet)
    return str(path)


def write_cells(
    path: Path, labels: Labels, values: NDArray[np.float64], sheet: Sheet | None
) -> None:
    """Write cells as the path's ending says; `.xlsx` is the sheet with its formulas.

    `values`: shape (n, m), NaN for an empty cell. A file that is there is replaced. Raises
    QuestionError for another ending, or for a workbook without a sheet, and OSError.
    """
    ending = ending_of(path)
    if ending == ".xlsx" and sheet is None:
        raise QuestionError(f"{path}: a workbook is made of the sheet; start it first")
    try:
        # Of a link it is the file at its end that is replaced.
        place = path.resolve() if path.is_symlink() else path
        if sheet is not None and ending == ".xlsx":
            write_workbook(place, sheet, labels)
        else:
            replace_file(place, cells_text(ending, labels, values).encode())
    except OSError as error:
        raise OSError(f"{path}: cannot be written: {cause(error)}") from None


def cells_text(ending: str, labels: Labels, values: NDArray[np.float64]) -> str:
    """Return the cells as `.csv` (ids alone, for programs), or `.tsv` or `.md` with titles.

    Programs find ids as the data has them, spreadsheets no formula: see `for_spreadsheet`.
    `values`: shape (n, m), NaN for an empty cell.
    """
    if ending == ".md":
        return _markdown(labels, values)
    spread = ending == ".tsv"
    heads = labels.titles if spread else labels.items
    into = io.StringIO()
    writer = csv.writer(into, delimiter="\t" if spread else ",", lineterminator="\n")
    text = for_spreadsheet if spread else str
    writer.writerow(["user", *map(text, heads)])
    for user, row in zip(labels.users, values.tolist(), strict=True):
        writer.writerow([text(user), *map(number, row)])
    return into.getvalue()


def number(value: float) -> str:
    """Return a cell as text, as short as it is exact; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.9g}"


def _markdown(labels: Labels, values: NDArray[np.float64]) -> str:
    heads = [plain(title).replace("|", r"\|") for title in labels.titles]
    lines = [
        f"| user | {' | '.join(heads)} |",
        "| ---: |" + " ---: |" * len(heads),
    ]
    for user, row in zip(labels.users, values.tolist(), strict=True):
        own = plain(user).replace("|", r"\|")
        lines.append(f"| {own} | {' | '.join(map(number, row))} |")
    return "\n".join(lines) + "\n"
