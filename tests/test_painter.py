"""Pictures of charts, read back from their cells."""

import math
import pickle
import random
from dataclasses import replace

import pytest
from rich.cells import cell_len

from cftui import pipes
from cftui.charts import MARKERS, Chart, Colour, Drawing, Level, Line, Note, Series, Spot
from cftui.painter.__main__ import answer
from cftui.painter.drawing import draw
from cftui.painter.scale import ticks
from cftui.text import plain

RED: Colour = (255, 0, 0)
BLUE: Colour = (0, 0, 255)
NAN, INF = math.nan, math.inf


def chart(*series: Series, width: int = 60, height: int = 16, **rest: object) -> Chart:
    return Chart(width, height, tuple(series), (200, 200, 200), **rest)  # type: ignore[arg-type]


def curve(y: object, colour: Colour = RED, **rest: object) -> Series:
    values = tuple(float(value) for value in y)  # type: ignore[attr-defined]
    xs = tuple(float(i) for i in range(len(values)))
    return Series("loss", xs, values, colour, **rest)  # type: ignore[arg-type]


def text(drawing: Drawing) -> list[str]:
    return ["".join(run for run, _ in line) for line in drawing.lines]


def marks(drawing: Drawing, style: str) -> list[tuple[int, int]]:
    """Cells (column, row from the top) below the head that carry ink of a style."""
    found = []
    for row, line in enumerate(drawing.lines[1:], 1):
        column = 0
        for run, ink in line:
            cells = [column + i for i, character in enumerate(run) if character != " "]
            found += [(cell, row) for cell in cells if ink == style]
            column += cell_len(run)
    return found


def assert_size(drawing: Drawing, width: int, height: int) -> None:
    assert len(drawing.lines) == height
    assert {cell_len(line) for line in text(drawing)} <= {width}


@pytest.mark.parametrize("marker", MARKERS)
def test_a_rising_line_rises(marker: str) -> None:
    drawing = draw(chart(curve(range(100)), marker=marker))
    assert_size(drawing, 60, 16)
    cells = marks(drawing, "#ff0000")
    by_column: dict[int, list[int]] = {}
    for column, row in cells:
        by_column.setdefault(column, []).append(row)
    columns = sorted(by_column)
    heights = [min(by_column[column]) for column in columns]
    assert columns == list(range(columns[0], 60))
    assert heights == sorted(heights, reverse=True)
    assert heights[0] - heights[-1] >= 10


def test_values_stand_beside_their_ticks() -> None:
    drawing = draw(chart(curve([3.0] * 50, BLUE), curve([0.0, 10.0]), y_limits=(0.0, 10.0)))
    rows = {row for _, row in marks(drawing, "#0000ff")}
    labels = {
        float(line.split("┤")[0]): row for row, line in enumerate(text(drawing)) if "┤" in line
    }
    assert len(rows) == 1
    low, high = labels[2.0], labels[4.0]
    assert low > rows.pop() > high
    assert labels[0.0] - labels[10.0] == max(labels.values()) - min(labels.values())


def test_a_logarithmic_axis_makes_a_power_straight() -> None:
    drawing = draw(chart(curve([10.0**-i for i in range(7)]), log_y=True, width=80, height=24))
    cells = marks(drawing, "#ff0000")
    left, right = min(cells), max(cells)
    for column, row in cells:
        share = (column - left[0]) / (right[0] - left[0])
        assert abs(row - (left[1] + share * (right[1] - left[1]))) <= 1.5
    assert any(line.strip().startswith("0.001┤") for line in text(drawing))


@pytest.mark.parametrize(
    "values",
    [
        [],
        [NAN] * 5,
        [INF, -INF, NAN],
        [1.0],
        [5.0] * 10,
        [0.0, -1.0, -2.0],
        [0.0] * 3,
        [1e308, -1e308, 0.0],
        [5e-324, 1e-320],
        [1e9, 1e9 + 1e-6],
        [1.0, NAN, INF, 2.0, -INF, 3.0],
        [1e-12, 2e-12, 3e-12],
        [1e15, 3e15],
    ],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", ["line", "points"])
def test_no_values_make_it_fail(values: list[float], log: bool, kind: str) -> None:
    for limits in (None, (0.0, 1.0), (NAN, 1.0), (2.0, 1.0), (-1.0, 0.0)):
        drawing = answer(chart(curve(values, kind=kind), log_y=log, log_x=log, y_limits=limits))
        assert isinstance(drawing, Drawing), drawing
        assert_size(drawing, 60, 16)


@pytest.mark.parametrize("width", [0, 1, 2, 5, 9, 20, 46, 80, 201])
@pytest.mark.parametrize("height", [0, 1, 2, 3, 4, 5, 8, 10, 30])
def test_every_size_is_kept(width: int, height: int) -> None:
    rng = random.Random(width * 100 + height)
    noisy = curve([rng.gauss(0, 1) for _ in range(50)], faint=True)
    named = chart(
        noisy,
        curve(range(9)),
        curve([3, 4], kind="points"),
        title="評価 of everything",
        x_label="エポック",
        y_label="mean squared error",
        lines=(Line(3.0, "終わり"),),
        width=width,
        height=height,
    )
    for no_colour in (False, True):
        for series in (named.series, ()):
            drawing = draw(replace(named, no_colour=no_colour, series=series))
            assert_size(drawing, width, height)


def test_nothing_to_draw_says_so() -> None:
    assert any("Train first" in line for line in text(draw(chart(empty="Train first"))))


def test_far_points_outside_the_limits_cost_nothing_and_the_line_leaves_the_frame() -> None:
    drawing = draw(chart(curve([0.0, 1e200, 0.5]), y_limits=(0.0, 1.0)))
    rows = {row for _, row in marks(drawing, "#ff0000")}
    assert len(rows) >= 10


@pytest.mark.parametrize("marker", MARKERS)
def test_limits_that_cut_a_line_leave_the_rest_as_it_was(marker: str) -> None:
    values = [0.5 + 0.3 * math.sin(i / 9) for i in range(240)]
    whole = draw(chart(curve(values), marker=marker, y_limits=(0.0, 1.0), width=80))
    cut = draw(chart(curve([*values, 9.0]), marker=marker, y_limits=(0.0, 1.0),
                     x_limits=(0.0, 239.0), width=80))  # fmt: skip
    assert text(cut)[:-2] == text(whole)[:-2]


def test_gaps_stay_open() -> None:
    drawing = draw(chart(curve([1.0] * 20 + [NAN] * 20 + [1.0] * 20), y_limits=(0.0, 2.0)))
    columns = {column for column, _ in marks(drawing, "#ff0000")}
    gap = [c for c in range(min(columns), max(columns)) if c not in columns]
    assert 15 <= len(gap) <= 25
    assert gap == list(range(gap[0], gap[-1] + 1))


def test_the_legend_names_every_curve_above_the_frame() -> None:
    series = [replace(curve(range(5)), label=name) for name in ("raw", "smoothed", "validation")]
    head = text(draw(chart(*series, title="Loss")))[0]
    assert head.startswith("Loss")
    assert head.index("raw") < head.index("smoothed") < head.index("validation")
    narrow = text(draw(chart(*series, title="Loss", width=34, height=10)))[0]
    assert [word in narrow for word in ("raw", "smoo", "vali", "…")] == [True] * 4


def test_without_colour_the_marks_differ_and_the_legend_shows_them() -> None:
    names = ("sgd", "adam", "rmsprop")
    series = [replace(curve([i + 1.0] * 40), label=name) for i, name in enumerate(names)]
    drawing = draw(chart(*series, no_colour=True, y_limits=(0.0, 4.0)))
    assert {ink for line in drawing.lines for _, ink in line} == {None}
    lines = text(drawing)
    for name, mark in zip(names[1:], "x+", strict=True):
        assert f"{mark} {name}" in lines[0]
        assert any(mark * 30 in line for line in lines)


def test_a_marked_line_stands_where_it_should_with_its_label() -> None:
    drawing = draw(chart(curve([0.0] * 11), lines=(Line(5.0, "suggested"),), y_limits=(0.0, 1.0)))
    lines = text(drawing)
    at = {line.index("╎") for line in lines if "╎" in line}
    left = lines[-2].index("└") + 1
    assert at == {left + round((59 - left) / 2)}
    assert any("suggested" in line for line in lines)


def test_texts_are_data() -> None:
    evil = "a\x1b[31mb\x9b2J\nc\u202e\udc80[red]"
    drawing = draw(chart(replace(curve([1, 2]), label=evil), title=evil, x_label=evil))
    joined = "".join(text(drawing))
    assert joined.isprintable()
    assert "[red]" in joined
    assert_size(drawing, 60, 16)
    assert plain("été 猫 [b]") == "été 猫 [b]"
    assert plain("a\tb\x00") == "a b�"


def test_the_background_is_left_alone_and_styles_are_colours() -> None:
    for line in draw(chart(curve(range(9)), title="Loss")).lines:
        for _, ink in line:
            assert ink is None or (len(ink) == 7 and ink[0] == "#" and int(ink[1:], 16) >= 0)


@pytest.mark.parametrize(
    ("ends", "count", "labels"),
    [
        ((0.0, 10.0), 5, ["0", "2", "4", "6", "8", "10"]),
        ((0.78, 0.85), 4, ["0.78", "0.80", "0.82", "0.84"]),
        ((0.0, 100_000.0), 4, ["0", "50k", "100k"]),
        ((-1.0, 1.0), 4, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
    ],
)
def test_ticks_are_round(ends: tuple[float, float], count: int, labels: list[str]) -> None:
    assert [label for _, label in ticks(ends, count, False)] == labels


def test_ticks_of_counted_things_are_whole() -> None:
    assert [label for _, label in ticks((1.0, 3.0), 8, False, 1.0)] == ["1", "2", "3"]


def test_ticks_of_decades() -> None:
    found = ticks((-5.0, 0.0), 6, True)
    assert [label for _, label in found] == ["1e-05", "0.0001", "0.001", "0.01", "0.1", "1"]
    assert [value for value, _ in found] == [-5, -4, -3, -2, -1, 0]


def test_what_is_no_chart_is_answered_with_a_word() -> None:
    failure = answer("hello")
    assert isinstance(failure, pipes.Failure)
    broken = answer(chart(Series("a", ("x",), (1.0,), RED)))  # type: ignore[arg-type]
    assert isinstance(broken, pipes.Failure)
    assert "Traceback" in broken.details


def test_frames_are_small() -> None:
    rng = random.Random(0)
    series = [curve([rng.gauss(0, 1) for _ in range(240)]) for _ in range(4)]
    asked = chart(*series, width=120, height=40)
    assert len(pickle.dumps(asked)) < 24_000
    assert len(pickle.dumps(draw(asked))) < 60_000


def test_spots_mark_points_above_the_curves_and_none_beyond_the_axes() -> None:
    spots = (
        *(Spot(0.0, 0.0, "A", BLUE), Spot(10.0, 1.0, "B\x1b", BLUE), Spot(5.0, 0.5, "C", BLUE)),
        *(Spot(11.0, 0.5, "X", BLUE), Spot(NAN, 0.5, "Y", BLUE), Spot(5.0, INF, "Z", BLUE)),
    )
    ends: dict[str, object] = {"x_limits": (0.0, 10.0), "y_limits": (0.0, 1.0)}
    lines = text(draw(chart(curve([0.5] * 11), spots=spots, width=61, **ends)))
    places = {mark: (line.index(mark), row) for row, line in enumerate(lines) for mark in "ABC"
              if mark in line}  # fmt: skip
    assert places["A"][0] < places["C"][0] < places["B"][0]
    assert places["A"][1] > places["C"][1] > places["B"][1]
    assert places["C"][0] * 2 == places["A"][0] + places["B"][0]
    assert not any(mark in line for line in lines for mark in "XYZ\x1b")
    logarithmic = draw(chart(curve([1.0, 100.0]), spots=(Spot(0.0, -1.0, "N", BLUE),), log_y=True))
    assert not any("N" in line for line in text(logarithmic))


def test_equal_curves_are_both_seen() -> None:
    same = [math.sin(i / 9) for i in range(100)]
    drawing = draw(chart(curve(same), curve(same[:60], BLUE)))
    red, blue = (marks(drawing, ink) for ink in ("#ff0000", "#0000ff"))
    shared = [column for column, _ in red if column < max(blue)[0]]
    assert len(blue) > 20 and len(shared) > 20
    assert max(blue)[0] < max(red)[0]


def test_a_band_fills_what_lies_between_and_a_line_is_seen_within() -> None:
    xs = tuple(map(float, range(60)))
    band = Series("band", xs, (2.0,) * 60, BLUE, kind="band", top=(6.0,) * 60)
    line = Series("line", xs, (4.0,) * 60, RED, thick=True)
    drawing = draw(chart(band, line, y_limits=(0.0, 8.0), width=67, height=20))
    filled = {row for row, runs in enumerate(drawing.lines) for text, ink in runs
              if ink and " on #" in f" {ink}" and len(text) > 20}  # fmt: skip
    lines = text(drawing)
    labels = {float(line.split("┤")[0]): row for row, line in enumerate(lines) if "┤" in line}
    assert {row for row in range(len(lines)) if labels[6.0] < row < labels[2.0]} <= filled
    assert min(filled) >= labels[6.0] and max(filled) <= labels[2.0]
    inks = {ink for _, ink in drawing.lines[labels[4.0]]}
    assert any(ink and ink.startswith("#ff0000 on #") for ink in inks)


def test_a_thick_line_has_more_dots() -> None:
    def dots(thick: bool) -> int:
        drawn = "".join(text(draw(chart(curve(range(50), thick=thick), y_limits=(0.0, 50.0)))))
        return sum((ord(c) - 0x2800).bit_count() for c in drawn if 0x2800 <= ord(c) < 0x2900)

    assert dots(True) > 1.5 * dots(False)


def test_outliers_are_cut_off_counted_and_said() -> None:
    values = [9.0, 7.0, 5.0, *(1.0 + 0.001 * i for i in range(97))]
    whole = text(draw(chart(curve(values))))
    cut = text(draw(chart(curve(values, reach="bulk"))))
    assert "points above" not in "".join(whole)
    assert "↑ 3 points above" in "".join(cut)
    ticks_ = [float(line.split("┤")[0]) for line in cut if "┤" in line]
    assert max(ticks_) < 1.2 and min(ticks_) >= 0.9


def test_levels_are_lines_with_labels_or_said_at_the_edge() -> None:
    near, far = Level(1.05, "biases alone 1.0500"), Level(40.0, "mean alone 40.0000")
    drawing = text(draw(chart(curve([1.0] * 20 + [1.1] * 20), levels=(near, far))))
    (row,) = [line for line in drawing if "biases alone 1.0500" in line]
    assert "╌╌╌" in "".join(drawing)
    assert row in drawing
    assert "↑ mean alone 40.0000" in "".join(drawing)


def test_notes_stand_beside_their_points_and_cover_no_other_words() -> None:
    notes = tuple(Note(10.0, 0.5, f"note {n}", BLUE) for n in range(4))
    lines = text(draw(chart(curve([0.5] * 21), notes=notes, y_limits=(0.0, 1.0))))
    rows = [row for row, line in enumerate(lines) for n in range(4) if f"note {n}" in line]
    assert len(rows) == 4
    middle = next(row for row, line in enumerate(lines) if "⠒⠒" in line)
    assert max(abs(row - middle) for row in rows) <= 2
    outside = text(draw(chart(curve([0.5] * 21), notes=(Note(99.0, 0.5, "far", RED),))))
    assert "far" not in "".join(outside)


@pytest.mark.parametrize("name", ["step", "seconds of training"])
@pytest.mark.parametrize("width", [60, 77])
def test_the_last_tick_stays_beside_the_name_of_the_axis(name: str, width: int) -> None:
    drawing = draw(chart(curve([1.0] * 31), x_label=name, width=width, gutter=8))
    words = text(drawing)[-1].split()
    assert words[-1] == "30" and " ".join(name.split()) in text(drawing)[-1]
    assert text(drawing)[-2][drawing.frame.column(30.0)] in "┬"  # type: ignore[index,union-attr]


def test_one_counted_value_stands_at_its_beginning() -> None:
    assert "-1" not in text(draw(chart(curve([3.0]), x_label="step")))[-1]


def test_charts_that_share_a_gutter_are_aligned() -> None:
    small = draw(chart(curve([1e-5 * i for i in range(9)]), gutter=8, bare=True))
    large = draw(chart(curve([123456.7 + i for i in range(9)]), gutter=8))
    assert small.frame is not None and large.frame is not None
    assert small.frame.left == large.frame.left == 8
    assert [small.frame.column(x) for x in (0, 3, 8)] == [large.frame.column(x) for x in (0, 3, 8)]
    assert "└" in text(small)[-1] and "└" in text(large)[-2]


def test_a_frame_gives_the_column_of_a_value_and_back() -> None:
    frame = draw(chart(curve(range(101)), log_x=True)).frame
    assert frame is not None and frame.column(0.0) is None and frame.column(1000.0) is None
    for x in (1.0, 10.0, 100.0):
        column = frame.column(x)
        assert column is not None and frame.x(column) == pytest.approx(x, rel=0.1)
    assert draw(chart()).frame is None
