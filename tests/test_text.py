"""Numbers of any size within a column; text that acts on no terminal and no spreadsheet."""

import json

import pytest

from cftui.printing import put, put_cells, put_json
from cftui.text import fitting, for_spreadsheet, json_text


@pytest.mark.parametrize(
    ("value", "decimals", "cells", "expected"),
    [
        (0.80799, 4, 6, "0.8080"),
        (17.97764, 4, 6, "17.978"),
        (323.1957, 4, 6, "323.20"),
        (40_000.4, 4, 6, "40000"),
        (99.996, 2, 5, "100.0"),
        (3.2e8, 4, 6, "3e+08"),
        (-10.016, 2, 5, "-10.0"),
        (float("nan"), 4, 6, "nan"),
    ],
)
def test_a_number_fits(value: float, decimals: int, cells: int, expected: str) -> None:
    assert fitting(value, decimals, cells) == expected
    assert len(expected) <= cells


def test_a_sign_takes_a_cell() -> None:
    assert fitting(5.824, 2, 6, "+") == "+5.82" and fitting(116.948, 2, 6, "+") == "+116.9"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-A", "'-A"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("-2.5", "-2.5"),
        ("+1e3", "+1e3"),
        ("a=1", "a=1"),
        ("", ""),
        ("x\x1b[2J\ny", "x�[2J y"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert for_spreadsheet(text) == cell


def test_json_acts_on_no_terminal_and_means_the_same() -> None:
    text = "a\x9b31m\u202eb\u200b\x7f é\ud800"
    line = json_text(json.dumps({"x": text}, ensure_ascii=False))
    assert line.isprintable() and json.loads(line) == {"x": text}


def test_what_is_put_on_a_terminal_acts_on_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    put("one\x1b[2J\ntwo\u202e", 3, end="")
    put("said\x07", err=True)
    put_cells(["a\tb", "c\n"])
    put_json({"x": "\x9b"})
    told = capsys.readouterr()
    assert told.out == 'one�[2J\ntwo�\n3a b\tc \n{"x":"\\u009b"}\n' and told.err == "said�\n"
