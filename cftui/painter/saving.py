"""Charts as the text of a file: a picture, plain text, or the numbers that they are drawn from."""

import csv
from io import StringIO

from cftui.charts import Picture
from cftui.painter.drawing import draw
from cftui.painter.svg import svg
from cftui.text import for_spreadsheet

HEADER = ("chart", "series", "x", "y", "top")


def save(picture: Picture) -> str:
    """Return the text of the file that is asked for."""
    if picture.form == "svg":
        return svg(picture.charts)
    return _text(picture) if picture.form == "txt" else _numbers(picture)


def _text(picture: Picture) -> str:
    lines = [line for chart in picture.charts for line in draw(chart).lines]
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def _numbers(picture: Picture) -> str:
    """Return the points of all series as CSV; `top` is the upper end of a band."""
    sheet = StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(HEADER)
    for number, chart in enumerate(picture.charts, 1):
        name = for_spreadsheet(chart.title or str(number))
        for series in chart.series:
            label = for_spreadsheet(series.label)
            tops = series.top or ("",) * len(series.x)
            writer.writerows(
                (name, label, *values) for values in zip(series.x, series.y, tops, strict=False)
            )
    return sheet.getvalue()
