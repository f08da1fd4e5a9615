"""A report as one HTML page: charts as SVG within it, no script, nothing fetched."""

from collections.abc import Iterable
from html import escape

from cftui.painter.svg import svg
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

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """\
body { max-width: 68rem; margin: 2rem auto; padding: 0 1rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; border-bottom: 1px solid #ddd; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; }
dt { color: #666; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid #ddd; text-align: left;
  vertical-align: top; }
th { color: #666; font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
figure { margin: 1.5rem 0; }
figcaption { color: #666; }
svg { width: 100%; height: auto; }
pre { padding: 0.7rem; background: #f4f4f4; white-space: pre-wrap; }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; } }
"""


def html(blocks: Iterable[ReportBlock]) -> str:
    """Return a report's file; its first heading is the page's title."""
    told = tuple(blocks)
    title = next((block.text for block in told if isinstance(block, Heading)), "")
    body = "\n".join(_written(block, place) for place, block in enumerate(told))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_shown(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _written(block: ReportBlock, place: int) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_shown(text)}</h{level}>"
        case Sentence(text):
            return f"<p>{_shown(text)}</p>"
        case Facts(told):
            facts = [f"<dt>{_shown(name)}</dt><dd>{_shown(text)}</dd>" for name, text in told]
            return "\n".join(["<dl>", *facts, "</dl>"])
        case Tabled():
            return _table(block)
        case Commands(text):
            return f"<pre><code>{_shown(text)}</code></pre>"
        case Figure(charts, caption):
            picture = svg(charts, f"figure{place}-")
            return f"<figure>\n{picture}<figcaption>{_shown(caption)}</figcaption>\n</figure>"


def _shown(text: str) -> str:
    return escape(plain(text))


def _table(table: Tabled) -> str:
    head = _row("th", table.heads, table.numbers)
    rows = "\n".join(_row("td", row, table.numbers) for row in table.rows)
    return (
        f'<div class="wide"><table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody>\n'
        "</table></div>"
    )


def _row(tag: str, cells: Iterable[str], numbers: frozenset[int]) -> str:
    told = []
    for place, cell in enumerate(cells):
        kind = ' class="number"' if place in numbers else ""
        told.append(f"<{tag}{kind}>{_shown(cell)}</{tag}>")
    return f"<tr>{''.join(told)}</tr>"
