"""Descents as files: a workbook with live formulas, or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cftui.files import replace_file
from cftui.lab.asked import descend, taken
from cftui.lab.workbook import write_workbook
from cftui.lab.workbook_layout import DescentSheet
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.lab import DescentAnswer, DescentSettings, StepRow, WriteDescent
from cftui.remedies import cause

ENDINGS = (".xlsx", ".csv")
MOST_ROWS = 20_000
"""Rows of a workbook, all its sheets together: more are slow to open, and to recalculate."""
MOST_POINTS = 100_000
"""Points of a workbook."""


def ending_of(path: Path) -> str:
    """Return the kind of file that a path asks for; raises QuestionError for another kind."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise QuestionError(f"{path}: choose a name that ends in {' or '.join(ENDINGS)}")
    return ending


@answers(WriteDescent)
def answer_write_descent(_: Library, question: WriteDescent) -> str:
    """Write the file; raises QuestionError for what cannot be written so, and OSError."""
    path = Path(question.path).expanduser().absolute()
    ending, settings = ending_of(path), question.settings
    place = path.resolve() if path.is_symlink() else path
    try:
        if ending == ".xlsx":
            write_workbook(place, _sheets(settings, question.steps))
        else:
            replace_file(place, _csv(settings, question.steps).encode())
    except OSError as error:
        raise OSError(f"{path}: cannot be written: {cause(error)}") from None
    return str(path)


def _sheets(settings: Sequence[DescentSettings], steps: int) -> list[DescentSheet]:
    if len({one.points for one in settings}) > 1:
        raise QuestionError("a workbook has one set of points; write a file for each")
    found: list[DescentSheet] = []
    for title, one in zip(_titles(settings), settings, strict=True):
        descent = taken(one, 0)
        _refuse_too_long(len(descent.plan.points), len(settings), steps)
        descent = taken(one, steps or descent.plan.steps_per_epoch)
        done = tuple(descent.steps[: descent.place])
        found.append(DescentSheet(title, descent.plan, done, descent.epoch_rmse()))
    return found


def _refuse_too_long(n_points: int, n_sheets: int, steps: int) -> None:
    if n_points > MOST_POINTS:
        raise QuestionError(f"{n_points:,} points: a workbook takes up to {MOST_POINTS:,}")
    if steps * n_sheets > MOST_ROWS:
        raise QuestionError(
            f"{n_sheets} x {steps:,} steps: a workbook takes up to {MOST_ROWS:,} rows; take fewer"
            " steps, or write a .csv"
        )


def _titles(settings: Sequence[DescentSettings]) -> list[str]:
    """Return a name each: the rule's, with a number where one comes again."""
    titles: list[str] = []
    for one in settings:
        again = sum(other.rule == one.rule for other in settings[: len(titles)])
        titles.append(f"{one.rule}-{again + 1}" if again else one.rule)
    return titles


def _csv(settings: Sequence[DescentSettings], steps: int) -> str:
    """Return a line a step under the names of `--json`; a state's are such as `m_a`."""
    told = [
        {"optimizer": title, **row}
        for title, one in zip(_titles(settings), settings, strict=True)
        for row in _rows(_answer(one, steps))
    ]
    heads = dict.fromkeys(name for row in told for name in row)
    into = io.StringIO()
    writer = csv.DictWriter(into, list(heads), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(told)
    return into.getvalue()


def _answer(settings: DescentSettings, steps: int) -> DescentAnswer:
    return descend(settings, 1, steps or descend(settings, 1, 0).steps_per_epoch)


def _rows(found: DescentAnswer) -> Iterator[dict[str, Any]]:
    letters = found.letters

    def spread(name: str, values: Iterable[float]) -> dict[str, float]:
        return {name.format(letter): value for letter, value in zip(letters, values, strict=True)}

    for row in found.rows:
        yield {
            "step": row.number,
            **_point(row),
            **spread("{}", row.weights),
            "squared_error": row.squared_error,
            **spread("estimated_de_d{}", row.estimated),
            **spread("de_d{}", row.gradient),
            **{
                key: value
                for name, values in row.state
                for key, value in spread(f"{name}_{{}}", values).items()
            },
            **spread("new_{}", row.new),
        }


def _point(row: StepRow) -> dict[str, float]:
    """Return the point of a step that has one alone."""
    if len(row.x) != 1:
        return {}
    return {"x": row.x[0], "y": row.y[0], "prediction": row.prediction[0]}
