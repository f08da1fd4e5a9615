"""What the crosstab's pane knows: the table, its order, the sheet and the way back."""

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from cftui.questions.sheet import CrosstabAnswer, Labels, SheetAnswer, default_rate
from cftui.tui.crosstab.shown_cells import Cells, Margins, Place

if TYPE_CHECKING:
    import numpy as np

    from cftui.questions.sheet import Floats

MOST_UNDONE = 50
VIEWS = ("actual", "predicted", "error")


@dataclass(frozen=True)
class CrosstabSettings:
    """Which crosstab, and how its sheet begins and learns."""

    users: int = 0
    """How many; 0 for as many as there is room for. So `items`."""
    items: int = 0
    order: str = "id"
    """Rows and columns by `id`, as the lesson has them, or by `activity`."""
    factors: int = 5
    biases: bool = False
    seed: int = 0
    learning_rate: float = 0.0
    """Of gradient descent; 0 takes one that suits the table's size."""
    momentum: float = 0.9

    @property
    def table(self) -> tuple[int, int, str]:
        """Return what decides the table."""
        return self.users, self.items, self.order

    def shape(self, room: Place, most: Place) -> Place:
        """Return how many users and items to show, of `most`, where there is `room` for so many."""
        return min(self.users or room[0], most[0]), min(self.items or room[1], most[1])

    def rate(self, shape: Place) -> float:
        """Return the learning rate to use: by default what suits a table of this shape."""
        return self.learning_rate or default_rate(*shape)

    @classmethod
    def of(cls, saved: dict[str, Any]) -> "CrosstabSettings":
        """Return the settings that were saved; what does not fit is left at its default."""
        default = asdict(cls())
        known = {
            field.name: saved[field.name]
            for field in fields(cls)
            if type(saved.get(field.name)) is type(default[field.name])
        }
        return cls(**known)


@dataclass(frozen=True, eq=False)
class Kept:
    """What can be brought back: a sheet, and the table that it was of as it was on screen."""

    table: CrosstabAnswer
    rows: list[int]
    columns: list[int]
    order_words: str
    answer: SheetAnswer
    rmses: list[float]


class CrosstabState:
    """The table, in the order on screen, with what a run or the sheet predicts."""

    def __init__(self) -> None:
        self.table: CrosstabAnswer | None = None
        self.rows: list[int] = []
        """Which row of the table stands first, second, …; so `columns`."""
        self.columns: list[int] = []
        self.order_words = ""
        """How rows or columns were sorted; empty as they came."""
        self.view = "actual"
        self.source = "sheet"
        """Who predicts: `sheet` or `run`."""
        self.run_values: Floats | None = None
        self.answer: SheetAnswer | None = None
        self.rmses: list[float] = []
        """Of the sheet, from its start on."""
        self._undo: list[Kept] = []

    def open(self, table: CrosstabAnswer) -> None:
        """Take another table; the sheets of the former one are gone."""
        self._undo = []
        self.resize(table)

    def resize(self, table: CrosstabAnswer) -> None:
        """Take more or fewer of the same ratings; what was kept can still be brought back."""
        self.table = table
        self.run_values, self.answer, self.rmses = None, None, []
        self.unsort()

    def restart(self, table: CrosstabAnswer) -> None:
        """Take more or fewer; the sheet that was here can be brought back."""
        self.remember()
        self.resize(table)

    @property
    def shape(self) -> Place:
        """Return how many users and items there are."""
        return (0, 0) if self.table is None else (len(self.rows), len(self.columns))

    @property
    def touched(self) -> bool:
        """Return whether anything was learned, changed or sorted here that a resize would undo."""
        return len(self.rmses) > 1 or bool(self._undo or self.order_words)

    # Order

    def unsort(self) -> None:
        """Put rows and columns as they came."""
        if self.table is not None:
            n, m = self.table.values.shape
            self.rows, self.columns, self.order_words = list(range(n)), list(range(m)), ""

    def sort_rows(self, place: Place) -> None:
        """Sort users by the cursor's column, highest first; again, lowest first."""
        cells = self.cells(margins=True)
        if cells is None:
            return
        keys = [cells.value(row, place[1]) for row in range(cells.shape[0])]
        order = _order(keys)
        what = cells.labels.titles[place[1]] if place[1] >= 0 else "a factor"
        self.rows = [self.rows[index] for index in order]
        self.order_words = f"users by {what}"

    def sort_columns(self, place: Place) -> None:
        """Sort items by the cursor's row, highest first; again, lowest first."""
        cells = self.cells(margins=True)
        if cells is None:
            return
        keys = [cells.value(place[0], column) for column in range(cells.shape[1])]
        order = _order(keys)
        what = f"user {cells.labels.users[place[0]]}" if place[0] >= 0 else "a factor"
        self.columns = [self.columns[index] for index in order]
        self.order_words = f"movies by {what}"

    def labels(self) -> Labels:
        """Return ids and titles in the order on screen."""
        assert self.table is not None
        known = self.table.labels
        return Labels(
            tuple(known.users[row] for row in self.rows),
            tuple(known.items[column] for column in self.columns),
            tuple(known.titles[column] for column in self.columns),
        )

    def ids_at(self, place: Place) -> tuple[str, str] | None:
        """Return the ids of a cell's user and item; none of a factor, or without a table."""
        if self.table is None or min(place) < 0:
            return None
        row, column = self.at(place)
        return self.table.labels.users[row], self.table.labels.items[column]

    def place_of(self, ids: tuple[str, str], else_at: Place) -> Place:
        """Return where the cell of a user and an item stands; for whom is not here, `else_at`."""
        labels = self.labels()
        sides = zip(ids, (labels.users, labels.items), else_at, strict=True)
        row, column = (known.index(one) if one in known else near for one, known, near in sides)
        return row, column

    def at(self, place: Place) -> Place:
        """Return the table's own row and column of a place on screen."""
        row, column = place
        return (
            self.rows[row] if row >= 0 else row,
            self.columns[column] if column >= 0 else column,
        )

    # Numbers

    def predicted(self) -> "Floats | None":
        """Return what the run or the sheet predicts, in the table's own order; none as yet."""
        if self.source == "run":
            return self.run_values
        return None if self.answer is None else self.answer.predicted

    def actual(self) -> "Floats | None":
        """Return the ratings, with what was changed in the sheet."""
        if self.source == "sheet" and self.answer is not None:
            return self.answer.sheet.actual
        return None if self.table is None else self.table.values

    def values(self) -> "Floats | None":
        """Return what the view shows, in the table's own order; none as yet."""
        actual, predicted = self.actual(), self.predicted()
        if self.view == "actual" or actual is None:
            return actual
        if predicted is None:
            return None
        return predicted if self.view == "predicted" else predicted - actual

    def cells(self, *, margins: bool) -> Cells | None:
        """Return what the grid shows; none before there is a table."""
        import numpy as np

        values = self.values()
        if self.table is None:
            return None
        if values is None:
            values = np.full(self.table.values.shape, np.nan)
        rows, columns = np.array(self.rows), np.array(self.columns)
        low, high = self._limits()
        return Cells(
            labels=self.labels(),
            values=values[rows[:, None], columns],
            kind=self.view,
            low=low,
            high=high,
            rated=self._rated()[rows[:, None], columns],
            margins=self._margins(rows, columns) if margins else None,
        )

    def _rated(self) -> "np.ndarray":
        """Return where a number means something: the sheet predicts 0 where there is no rating."""
        import numpy as np

        actual = self.actual()
        assert actual is not None
        return np.full(actual.shape, True) if self.source == "run" else ~np.isnan(actual)

    def _limits(self) -> tuple[float, float]:
        import numpy as np

        assert self.table is not None
        if self.view == "error":
            far = 2.0 * ((self.table.high - self.table.low) / 4.5 or 1.0)
            return -far, far
        known = self.table.values
        if np.isnan(known).all():
            return 0.0, 1.0
        return float(np.nanmin(known)), float(np.nanmax(known))

    def _margins(self, rows: "np.ndarray", columns: "np.ndarray") -> Margins | None:
        import numpy as np

        if self.source != "sheet" or self.answer is None:
            return None
        sheet = self.answer.sheet
        users, items = sheet.user_factors[rows], sheet.item_factors[columns]
        biased = sheet.user_bias is not None and sheet.item_bias is not None
        if sheet.user_bias is not None and sheet.item_bias is not None:
            users = np.column_stack((users, sheet.user_bias[rows]))
            items = np.column_stack((items, sheet.item_bias[columns]))
        return Margins(users, items, biased)

    # The sheet and the way back

    def begin(self, answer: SheetAnswer) -> None:
        """Take a fresh sheet; the one before can be brought back."""
        self.remember()
        self.answer, self.rmses = answer, [answer.rmse]

    def learn(self, answer: SheetAnswer) -> None:
        """Take a sheet that went on from the one here."""
        self.answer = answer
        self.rmses += answer.rmses

    def change(self, answer: SheetAnswer) -> None:
        """Take a sheet in which a number was changed by hand."""
        self.remember()
        self.answer = answer
        self.rmses.append(answer.rmse)

    def remember(self) -> None:
        """Keep the sheet as it is, to be brought back."""
        if self.answer is not None and self.table is not None:
            order = self.rows, self.columns, self.order_words
            self._undo.append(Kept(self.table, *order, self.answer, self.rmses.copy()))
            del self._undo[:-MOST_UNDONE]

    @property
    def undoable(self) -> bool:
        """Return whether there is a way back."""
        return bool(self._undo)

    def undo(self) -> None:
        """Go back to the sheet before the last thing the user did to it."""
        if not self._undo:
            return
        kept = self._undo.pop()
        if kept.table is not self.table:
            self.resize(kept.table)
            self.rows, self.columns = kept.rows, kept.columns
            self.order_words = kept.order_words
        self.answer, self.rmses = kept.answer, kept.rmses

    def edited(self, place: Place, value: float) -> Any:
        """Return the sheet with another rating (NaN for none), factor or bias at a place."""
        assert self.answer is not None
        sheet = self.answer.sheet
        row, column = self.at(place)
        if row >= 0 and column >= 0:
            actual = sheet.actual.copy()
            actual[row, column] = value
            return replace(sheet, actual=actual, velocity=None)
        side, line, factor = ("user", row, column) if row >= 0 else ("item", column, row)
        k = sheet.n_factors
        width = k + (sheet.user_bias is not None)
        factor += width
        name = f"{side}_bias" if factor == k else f"{side}_factors"
        table = getattr(sheet, name).copy()
        table[line if factor == k else (line, factor)] = value
        return replace(sheet, velocity=None, **{name: table})


def _order(keys: list[float]) -> list[int]:
    """Return the places from the highest key down, empty cells last; upwards if it was so."""
    import math

    present = [place for place, key in enumerate(keys) if not math.isnan(key)]
    missing = [place for place, key in enumerate(keys) if math.isnan(key)]
    down = sorted(present, key=lambda place: -keys[place])
    if down == present and missing == list(range(len(present), len(keys))):
        down = sorted(present, key=lambda place: keys[place])
    return down + missing
