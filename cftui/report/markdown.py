"""A report as Markdown (GitHub's, which CommonMark and tables are): charts as text in fences."""

import re
from collections.abc import Iterable

from cftui.charts import Picture
from cftui.painter.saving import save
from cftui.report.blocks import (
    Commands,
    Facts,
    Figure,
    Heading,
    ReportBlock,
    Sentence,
    Tabled,
)
from cftui.text import plain

SPECIAL = re.compile(r"[\\`*\[\]<>|~&$#@{}!]|(?<![^\W_])_|_(?![^\W_])")
"""What would act within a line; an underscore within a word does not."""
LINKS = re.compile(r"(?i)(www)\.|(https?|ftp)://")
"""What would become a link without any sign around it."""
LEADING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
"""What would begin a list or underline a heading at the beginning of a line."""


def markdown(blocks: Iterable[ReportBlock]) -> str:
    """Return a report's file."""
    return "\n\n".join(map(_written, blocks)) + "\n"


def _written(block: ReportBlock) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escaped(text)}"
        case Sentence(text):
            return LEADING.sub(r"\1\\\2", escaped(text))
        case Facts(told):
            return "\n".join(f"- **{escaped(name)}**: {escaped(text)}" for name, text in told)
        case Tabled():
            return _table(block)
        case Commands(text):
            return fenced(plain(text), "sh")
        case Figure(charts, caption):
            return f"{escaped(caption)}:\n\n{fenced(save(Picture(charts, 'txt')), 'text')}"


def escaped(text: str) -> str:
    """Return text that a reader of Markdown shows as it is, on one line."""
    shown = SPECIAL.sub(r"\\\g<0>", plain(text).strip())
    return LINKS.sub(_unlinked, shown)


def _unlinked(found: re.Match[str]) -> str:
    return f"{found[1]}\\." if found[1] else f"{found[2]}\\://"


def fenced(text: str, language: str) -> str:
    """Return text as it is, in a fence that nothing in it can close."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _table(table: Tabled) -> str:
    sides = ["--:" if place in table.numbers else "---" for place in range(len(table.heads))]
    lines = [_line(map(escaped, table.heads)), _line(sides)]
    return "\n".join([*lines, *(_line(map(escaped, row)) for row in table.rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
