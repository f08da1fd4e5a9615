"""Which columns of a table the user wants, and how wide: kept by the table's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from cftui.tui.shared.cells import Column

WIDEST = 100


@dataclass(frozen=True)
class ChosenColumns:
    """What the user chose of columns, by their names; nothing means as the table has them."""

    on: Mapping[str, bool] = field(default_factory=dict)
    """True stays whatever room there is; False is hidden."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """In cells."""

    def applied(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Return the columns that are not hidden; all of them where every one is."""
        kept = tuple(map(self._own, filter(lambda c: self.on.get(c.called, True), columns)))
        return kept or tuple(columns)

    def _own(self, column: Column) -> Column:
        width = self.widths.get(column.called, column.width)
        return replace(column, width=width, yields=0 if column.called in self.on else column.yields)

    def turned(self, name: str, on: bool) -> "ChosenColumns":
        """Return it with a column shown, or hidden."""
        return replace(self, on={**self.on, name: on})

    def sized(self, name: str, width: int) -> "ChosenColumns":
        """Return it with a column of another width, within what can be read."""
        return replace(self, widths={**self.widths, name: min(max(width, 1), WIDEST)})

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"on": dict(self.on), "widths": dict(self.widths)}

    @classmethod
    def of_dict(cls, kept: object) -> "ChosenColumns":
        """Return what was kept; what is no such thing is left out."""
        told = kept if isinstance(kept, dict) else {}
        on, widths = told.get("on"), told.get("widths")
        return cls(
            {k: v for k, v in on.items() if isinstance(v, bool)} if isinstance(on, dict) else {},
            {k: v for k, v in widths.items() if type(v) is int and 0 < v <= WIDEST}
            if isinstance(widths, dict)
            else {},
        )


class TableChoices(Protocol):
    """Where the choices of all tables are kept."""

    def columns_of(self, table: str) -> ChosenColumns:
        """Return what was chosen for a table."""

    def keep_columns(self, table: str, choice: ChosenColumns) -> None:
        """Keep what was chosen for a table."""
