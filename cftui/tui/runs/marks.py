"""Marks of runs as the user sees them: those on disk, and those on their way there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cftui.runs.columns import MARKS
from cftui.runs.row import RunRow

Changes = dict[str, int]
"""New marks by run id; 0 takes one away."""


class Marks:
    """Gives out marks, and shows them at once though the list is read but once a second."""

    def __init__(self) -> None:
        self._pending: Changes = {}

    def applied(self, rows: Iterable[RunRow]) -> tuple[RunRow, ...]:
        """Return rows with their newest marks."""
        found = []
        for row in rows:
            mark = self._pending.get(row.id)
            if mark == row.mark:
                del self._pending[row.id]
            found.append(row if mark in (None, row.mark) else replace(row, mark=mark))
        return tuple(found)

    def toggle(self, rows: Sequence[RunRow], run_id: str) -> Changes:
        """Mark a run, or unmark it; return what changes.

        A run keeps its letter while it is marked. When one with a letter goes, the first of those
        that were marked when all letters were out takes it.
        """
        marked = {row.id: row.mark for row in rows if row.mark}
        if run_id not in marked:
            taken = set(marked.values())
            free = next(mark for mark in range(1, len(taken) + 2) if mark not in taken)
            return self._change({run_id: free})
        freed, waiting = marked.pop(run_id), {r: m for r, m in marked.items() if m > len(MARKS)}
        changes = {run_id: 0}
        if freed <= len(MARKS) and waiting:
            changes[min(waiting, key=waiting.__getitem__)] = freed
        return self._change(changes)

    def mark_all(self, rows: Sequence[RunRow], run_ids: Sequence[str]) -> Changes:
        """Mark these runs, or unmark them where all are marked; return what changes."""
        marked = {row.id: row.mark for row in rows if row.mark}
        new = [run_id for run_id in run_ids if run_id not in marked]
        if not new:
            return self._change(_unmarked(marked, run_ids))
        taken = set(marked.values())
        free = (mark for mark in range(1, len(taken) + len(new) + 1) if mark not in taken)
        return self._change(dict(zip(new, free, strict=False)))

    def clear(self, rows: Iterable[RunRow]) -> Changes:
        """Unmark all; return what changes."""
        return self._change({row.id: 0 for row in rows if row.mark})

    def _change(self, changes: Changes) -> Changes:
        self._pending |= changes
        return changes


def _unmarked(marked: Changes, run_ids: Sequence[str]) -> Changes:
    """Take marks away; those marked beyond the letters take the letters that come free."""
    changes = dict.fromkeys(run_ids, 0)
    freed = sorted(mark for run, mark in marked.items() if run in changes and mark <= len(MARKS))
    waiting = sorted((m, r) for r, m in marked.items() if m > len(MARKS) and r not in changes)
    return changes | {run: mark for mark, (_, run) in zip(freed, waiting, strict=False)}
