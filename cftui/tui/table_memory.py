"""The columns that the user chose of each table, kept with the rest of the screen's memory."""

from cftui.tui.services.memory import Memory
from cftui.tui.shared.column_choice import ChosenColumns


class TableMemory:
    """Knows tables by their names."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def columns_of(self, table: str) -> ChosenColumns:
        """Return what was chosen for a table."""
        return ChosenColumns.of_dict(self._memory.state.tables.get(table))

    def keep_columns(self, table: str, choice: ChosenColumns) -> None:
        """Keep what was chosen for a table; nothing where that is as it comes."""
        kept = {name: told for name, told in self._memory.state.tables.items() if name != table}
        if choice != ChosenColumns():
            kept[table] = choice.as_dict()
        self._memory.update(tables=kept)
