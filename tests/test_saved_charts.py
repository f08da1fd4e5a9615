"""Charts as files: each read back by something that knows the kind."""

import csv
import math
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest

from cftui import pipes
from cftui.charts import Chart, Form, Level, Line, Note, Picture, Series, Spot
from cftui.painter.__main__ import answer
from cftui.painter.drawing import draw

XS = tuple(float(n) for n in range(1, 21))
LOSS = Series("loss <&>", XS, tuple(1 / n for n in XS), (255, 0, 0), thick=True)
BAND = Series("band", XS, (0.1,) * 20, (0, 0, 255), kind="band", top=(0.9,) * 20)
DOTS = Series("=valid", XS[::5], (0.5, 0.4, math.nan, 0.3), (0, 255, 0), kind="joined")
CHART = Chart(
    60,
    16,
    (BAND, LOSS, DOTS),
    (220, 220, 220),
    title="loss \x1b[31m",
    x_label="step",
    lines=(Line(5.0, "lr 0.1"),),
    levels=(Level(0.5, "biases"), Level(9.0, "mean 9")),
    notes=(Note(6.0, 0.4, "best", (0, 255, 0)),),
    spots=(Spot(6.0, 0.4, "◆", (0, 255, 0)),),
    y_limits=(0.0, 1.0),
)
SVG = "{http://www.w3.org/2000/svg}"


def file(form: Form, *charts: Chart) -> str:
    text = answer(Picture(charts or (CHART,), form))
    assert isinstance(text, str), text
    return text


def test_text_is_what_is_drawn() -> None:
    drawn = ["".join(text for text, _ in line).rstrip() for line in draw(CHART).lines]
    assert file("txt").splitlines() == drawn


def test_numbers_are_those_of_the_series() -> None:
    head, *rows = csv.reader(StringIO(file("csv")))
    assert head == ["chart", "series", "x", "y", "top"]
    loss = [(float(x), float(y)) for _, series, x, y, _ in rows if series == "loss <&>"]
    assert loss == list(zip(LOSS.x, LOSS.y, strict=True))
    assert {top for _, series, _, _, top in rows if series == "band"} == {"0.9"}
    assert any(series.startswith("'=") for _, series, *_ in rows)  # no formula in a spreadsheet


@pytest.mark.parametrize("log", [False, True])
def test_a_picture_is_xml_with_every_point_where_it_belongs(log: bool) -> None:
    chart = replace(CHART, log_x=log)
    picture = ElementTree.fromstring(file("svg", chart, replace(chart, series=())))
    lines = picture.findall(f".//{SVG}polyline")
    points = [tuple(map(float, p.split(","))) for p in lines[0].attrib["points"].split()]
    assert len(points) == 20
    xs = [x for x, _ in points]
    at = [math.log10(x) if log else x for x in XS]
    share = [(x - xs[0]) / (xs[-1] - xs[0]) for x in xs]
    wanted = [(x - at[0]) / (at[-1] - at[0]) for x in at]
    assert share == pytest.approx(wanted, abs=0.001)
    heights = [y for _, y in points]
    assert heights == sorted(heights)
    words = [node.text for node in picture.iter(f"{SVG}text")]
    assert {"biases", "best", "◆", "lr 0.1", "↑ mean 9", "step"} <= set(words)
    assert any("loss <&>" in (word or "") for word in words)
    assert len(picture.findall(f".//{SVG}circle")) == 3
    assert len(picture.findall(f".//{SVG}polygon")) == 1
    assert "\x1b" not in file("svg", chart)


def test_nothing_to_draw_and_no_chart_are_files_too() -> None:
    empty = replace(CHART, series=(), width=0, height=0)
    for form in ("svg", "txt", "csv"):
        assert isinstance(answer(Picture((empty,), form)), str)
        assert isinstance(answer(Picture((), form)), str)
    assert isinstance(answer(Picture(("x",), "svg")), pipes.Failure)  # type: ignore[arg-type]
