"""Writing a table of the screen to a file."""

from dataclasses import dataclass

from cftui.questions.question import Question

TABLE_ENDINGS = (".csv", ".parquet", ".md")
Cells = tuple[str | float | None, ...]


@dataclass(frozen=True)
class WriteTable(Question[int], answered_in="cftui.explore.written"):
    """Write a table to a file for people, whole or not at all; the answer is how many rows it has.

    The file's ending, one of `TABLE_ENDINGS`, says how. Raises TableNotWritten.
    """

    path: str
    columns: tuple[tuple[str, Cells], ...]
    """Names and cells, all columns of the same length."""
