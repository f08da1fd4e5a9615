"""What a report is made of, whatever file it becomes: texts as they are, nothing escaped yet."""

from dataclasses import dataclass

from cftui.charts import Chart


@dataclass(frozen=True)
class Heading:
    """What stands above a part of the report."""

    text: str
    level: int = 2
    """1 is the report's own."""


@dataclass(frozen=True)
class Sentence:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Things told, each by its name."""

    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tabled:
    """A table; each of `rows` is as long as `heads`."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    """Columns whose cells stand at the right."""


@dataclass(frozen=True)
class Commands:
    """A shell's command line, to be copied."""

    text: str


@dataclass(frozen=True)
class Figure:
    """Charts one below the other, and what they show."""

    charts: tuple[Chart, ...]
    caption: str


ReportBlock = Heading | Sentence | Facts | Tabled | Commands | Figure
