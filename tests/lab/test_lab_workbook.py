"""The lab's workbook: recalculated by another formula engine, beside the lines of `--json`."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import formulas
import openpyxl
import pytest
from small import here

from cftui.lab.rule_formulas import RULE_FORMULAS
from cftui.lab.update_rules import RULES
from cftui.library.door import Library
from cftui.questions.errors import QuestionError
from cftui.questions.lab import DescentSettings, WeightChange, WriteDescent

Cells = dict[str, dict[tuple[int, str], Any]]
"""By sheet, then by step and column name."""


def recalculated(path: Path) -> Cells:
    """Return what the formulas give, whatever was saved with them."""
    solution = formulas.ExcelModel().loads(str(path)).finish().calculate()
    values = {str(key).upper(): value.value for key, value in solution.items()}
    found: Cells = {}
    for page in openpyxl.load_workbook(path):
        heads = next(
            ({cell.value: cell.column_letter for cell in row if cell.value}, row[0].row)
            for row in page.iter_rows()
            if row[0].value == "step" or page.title == "Points"
        )
        for name, column in heads[0].items() if page.title != "Points" else ():
            for row in range(heads[1] + 1, page.max_row + 1):
                key = f"'[{path.name}]{page.title}'!{column}{row}".upper()
                if key in values:
                    step = row - heads[1] - 1
                    found.setdefault(page.title, {})[step, name] = values[key][0, 0]
    return found


def flat(line: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in line.items():
        if name == "state":
            for state, by_letter in value.items():
                yield from ((f"{state}_{letter}", one) for letter, one in by_letter.items())
        elif name != "optimizer" and not isinstance(value, list):
            yield name, value


def lines_of(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert here("lab", "descent", *words, "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def agree(cells: Cells, lines: list[dict[str, Any]], rule: str) -> int:
    """Compare every number of the lines with the recalculated cell; return how many."""
    compared = 0
    for line in lines:
        for name, value in flat(line):
            assert cells[rule][line["step"], name] == pytest.approx(value, rel=1e-9), (line, name)
            compared += 1
    return compared


def test_another_engine_finds_the_same_for_every_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, rules = tmp_path / "all.xlsx", ",".join(RULES)
    words = ("--optimizer", rules, "--set", "optimizer.beta1=0.8", "--steps", "6")
    lines = lines_of(capsys, *words, "--out", str(path))
    cells = recalculated(path)
    assert list(RULE_FORMULAS) == list(RULES) == list(cells)
    for rule in RULES:
        own = [line for line in lines if line["optimizer"] == rule]
        assert [line["step"] for line in own] == [1, 2, 3, 4, 5, 6]
        assert agree(cells, own, rule) >= 6 * 13


@pytest.mark.parametrize("rule", sorted({*RULES} - {"adam"}))
def test_weight_decay_is_among_the_formulas(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "decay.xlsx"
    words = ("--optimizer", rule, "--set", "optimizer.weight_decay=0.3", "--steps", "3")
    lines = lines_of(capsys, *words, "--start-a", "5", "--out", str(path))
    agree(recalculated(path), lines, rule)


def test_a_pass_over_the_points_and_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "adam.xlsx"
    lines = lines_of(capsys, "--optimizer", "adam", "--out", str(path))
    cells = recalculated(path)
    assert len(lines) == 29 and agree(cells, lines, "adam") == 29 * 21
    by_hand = (sum(line["squared_error"] for line in lines) / 29) ** 0.5
    assert cells["adam"][29, "epoch_rmse"] == pytest.approx(by_hand, rel=1e-12)


def test_batches_of_several_points_and_a_parabola(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,y\n0.5,1\n1,2\n-1,3\n2,1.5\n0.25,0\n")
    path = tmp_path / "batch.xlsx"
    words = ("--points", str(points), "--function", "parabola", "--batch", "2", "--steps", "4")
    lines = lines_of(capsys, *words, "--optimizer", "adam-l2", "--out", str(path))
    cells = recalculated(path)
    single = ("x", "y", "prediction")  # of the last batch, of one point; no columns of their own
    kept = [{name: line[name] for name in line if name not in single} for line in lines]
    assert agree(cells, kept, "adam-l2") == 4 * 29
    squares = [line["squared_error"] for line in lines]
    whole = ((2 * squares[0] + 2 * squares[1] + squares[2]) / 5) ** 0.5
    assert cells["adam-l2"][3, "epoch_rmse"] == pytest.approx(whole, rel=1e-12)


def test_a_changed_setting_changes_every_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rate, decay, beta, h and start are cells: another engine follows a change of each."""
    path = tmp_path / "before.xlsx"
    lines_of(capsys, "--optimizer", "adam-l2", "--steps", "3", "--out", str(path))
    book = openpyxl.load_workbook(path)
    changes = {"learning_rate": 0.5, "weight_decay": 0.7, "beta1": 0.5, "h": 0.1, "start_a": 3.0}
    for setting, value in changes.items():
        sheet, cell = book.defined_names[f"adam_l2.{setting}"].attr_text.split("!")
        book[sheet.strip("'")][cell.replace("$", "")].value = value
    book["adam-l2"][
        book.defined_names["adam_l2.bias_correction"].attr_text.split("!")[1]
    ].value = False
    book.save(tmp_path / "changed.xlsx")
    words = ("--set", "optimizer.weight_decay=0.7", "--set", "optimizer.beta1=0.5")
    words += ("--set", "optimizer.bias_correction=false", "--lr", "0.5", "--difference", "0.1")
    expected = lines_of(capsys, "--optimizer", "adam-l2", "--steps", "3", "--start-a", "3", *words)
    agree(recalculated(tmp_path / "changed.xlsx"), expected, "adam-l2")


def test_a_weight_set_by_hand_is_a_row_that_leaves_the_state_alone(tmp_path: Path) -> None:
    settings = DescentSettings("momentum", changes=(WeightChange(2, "b", 30.0),))
    path = tmp_path / "hand.xlsx"
    Library().answer(WriteDescent((settings, settings), 4, str(path)))
    from cftui.lab.asked import descend

    cells, found = recalculated(path), descend(settings, 1, 4)
    assert list(cells) == ["momentum", "momentum-2"]
    assert cells["momentum"][3, "new_b"] == 30.0
    for title in cells:
        for row in found.rows:
            told = dict(zip(("new_a", "new_b"), row.new, strict=True))
            told |= dict(zip(("v_a", "v_b"), dict(row.state)["v"], strict=True))
            for name, value in told.items():
                assert cells[title][row.number, name] == pytest.approx(value, rel=1e-12)


def test_what_stands_in_the_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers are saved with the formulas, for who shows them without computing."""
    points = tmp_path / "=1+1.csv"
    points.write_text("x,y\n1,2\n2,4\n")
    path = tmp_path / "cells.xlsx"
    words = ("--points", str(points), "--optimizer", "adam-l2", "--steps", "4")
    lines = lines_of(capsys, *words, "--out", str(path))
    live, saved = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    page, shown = live["adam-l2"], saved["adam-l2"]
    heads = next(row for row in page.iter_rows() if row[0].value == "step")
    rows = range(heads[0].row + 2, heads[0].row + 6)
    for head in heads:
        for row, line in zip(rows, lines, strict=True):
            cell, told = page[f"{head.column_letter}{row}"], dict(flat(line))
            if head.value in told:
                assert cell.data_type == "f"
                value = shown[cell.coordinate].value
                assert value == pytest.approx(told[head.value], rel=1e-9)
    assert live["Points"]["D1"].value == "from =1+1.csv" and live["Points"]["D1"].data_type == "s"


def test_csv_has_a_line_a_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "steps.csv"
    lines = lines_of(capsys, "--optimizer", "sgd,adam", "--steps", "5", "--out", str(path))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["optimizer"] for row in rows] == ["sgd"] * 5 + ["adam"] * 5
    for row, line in zip(rows, lines, strict=True):
        assert {name: float(row[name]) for name, _ in flat(line)} == dict(flat(line))


def test_a_descent_that_diverges_is_written_as_far_as_it_went(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "far.xlsx"
    assert here("lab", "descent", "--lr", "1e6", "--steps", "99", "--out", str(path)) == 1
    error = capsys.readouterr().err
    assert "written; steps: sgd" in error and "diverged at step" in error
    saved = openpyxl.load_workbook(path, data_only=True)["sgd"]
    assert "#NUM!" in {cell.value for cell in saved[saved.max_row]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "steps.ods"], "choose a name that ends in .xlsx or .csv"),
        (["--out", "steps.xlsx", "--steps", "20001"], "up to 20,000 rows"),
        (["--out", "steps.xlsx", "--steps", "0"], "nothing to write"),
        (["--optimizer", "sgd,adm"], "optimizer 'adm': there are sgd,"),
        (["--optimizer", "sgd,adam", "--set", "optimizer.beta3=1"], "unknown key"),
    ],
)
def test_what_cannot_be_written_says_why(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("lab", "descent", *words) == 2
    assert said in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "none" / "steps.xlsx")
    assert here("lab", "descent", "--out", where) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_workbook_has_one_set_of_points(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("1,2\n2,4\n")
    both = (DescentSettings(), DescentSettings(points=str(points)))
    with pytest.raises(QuestionError, match="one set of points"):
        Library().answer(WriteDescent(both, 1, str(tmp_path / "steps.xlsx")))
