"""The sheet: its gradient, its two solvers and its cells, against torch and differences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cftui.questions.errors import QuestionError
from cftui.questions.sheet import Sheet, default_rate
from cftui.ratings.crosstab import crosstab
from cftui.ratings.values import Ratings
from cftui.sheet.solver import (
    cell_of_sheet,
    descend,
    evaluate,
    gradient,
    solve,
    start_sheet,
)


@pytest.fixture(scope="module")
def actual(bundled: Ratings) -> np.ndarray:
    return crosstab(bundled).values


def rmse_by_torch(sheet: Sheet) -> tuple[float, list[np.ndarray]]:
    """Return the RMSE of the known cells and its derivative by each table, by autograd."""
    tables = [sheet.user_factors, sheet.item_factors, sheet.user_bias, sheet.item_bias]
    known = [torch.tensor(t, requires_grad=True) for t in tables if t is not None]
    predicted = known[0] @ known[1].T
    if len(known) == 4:
        predicted = predicted + known[2][:, None] + known[3]
    actual = torch.tensor(sheet.actual)
    loss = ((predicted - actual)[~actual.isnan()] ** 2).mean().sqrt()
    loss.backward()
    return loss.item(), [t.grad.numpy() for t in known if t.grad is not None]


@pytest.mark.parametrize("biases", [False, True])
def test_the_gradient_is_autograds(actual: np.ndarray, biases: bool) -> None:
    sheet = start_sheet(actual, 5, biases, seed=3)
    rmse, ours = gradient(sheet)
    expected, theirs = rmse_by_torch(sheet)
    assert rmse == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(ours, np.concatenate([g.ravel() for g in theirs]), rtol=1e-9)


def test_descent_is_torchs_sgd(actual: np.ndarray) -> None:
    sheet = start_sheet(actual, 5, False, seed=1)
    tables = [torch.tensor(t, requires_grad=True) for t in (sheet.user_factors, sheet.item_factors)]
    ratings = torch.tensor(actual)
    optimizer = torch.optim.SGD(tables, lr=0.7, momentum=0.9)
    for _ in range(25):
        optimizer.zero_grad()
        error = (tables[0] @ tables[1].T - ratings)[~ratings.isnan()]
        (error**2).mean().sqrt().backward()
        optimizer.step()
    stepped = descend(descend(sheet, 10, 0.7, 0.9).sheet, 15, 0.7, 0.9).sheet
    assert stepped.step == 25
    np.testing.assert_allclose(stepped.user_factors, tables[0].detach().numpy(), rtol=1e-8)
    np.testing.assert_allclose(stepped.item_factors, tables[1].detach().numpy(), rtol=1e-8)


def test_both_solvers_explain_the_lessons_crosstab(actual: np.ndarray) -> None:
    solved, descended = [], []
    for seed in range(20):
        start = start_sheet(actual, 5, False, seed)
        solved.append(solve(start, seconds=60).rmse)
        descended.append(descend(start, 2000, default_rate(*actual.shape), 0.9).rmse)
    assert max(solved) <= 0.415
    assert np.count_nonzero(np.array(solved) <= 0.394) >= 10
    assert np.max(np.abs(np.subtract(solved, descended))) <= 0.015


def test_a_solution_tells_its_way(actual: np.ndarray) -> None:
    start = start_sheet(actual, 3, True, seed=0)
    answer = solve(start, seconds=60)
    assert answer.converged and len(answer.frames) <= 60
    np.testing.assert_array_equal(answer.frames[0].user_factors, start.user_factors)
    np.testing.assert_array_equal(answer.frames[-1].item_factors, answer.sheet.item_factors)
    assert answer.rmses[-1] == pytest.approx(answer.rmse, rel=1e-12)
    assert answer.sheet.step == len(answer.rmses)


def test_missing_ratings_predict_zero_and_do_not_count(actual: np.ndarray) -> None:
    sheet = start_sheet(actual, 5, False, seed=0)
    answer = evaluate(sheet)
    known = ~np.isnan(actual)
    assert (answer.predicted[~known] == 0).all() and (answer.predicted[known] != 0).all()
    row, column = np.argwhere(~known)[0]
    others = actual.copy()
    others[row, column] = answer.predicted.max()
    assert evaluate(replace(sheet, actual=others)).rmse != answer.rmse


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (4, 8), (14, 14)])
def test_a_cells_gradient_equals_a_difference(
    actual: np.ndarray, row: int, column: int, biases: bool
) -> None:
    """Moves one factor by ±h in this cell's own prediction and looks at the sheet's RMSE."""
    sheet = start_sheet(actual, 5, biases, seed=2)
    cell = cell_of_sheet(sheet, row, column)
    assert not np.isnan(actual[row, column]) and cell.loss == "RMSE"
    assert cell.actual == actual[row, column]
    errors = evaluate(sheet).predicted - actual
    known = ~np.isnan(actual)

    def rmse_if_cell_predicts(predicted: float) -> float:
        moved = errors.copy()
        moved[row, column] = predicted - actual[row, column]
        return float(np.sqrt(np.mean(moved[known] ** 2)))

    own, other = sheet.user_factors[row], sheet.item_factors[column]
    step = 1e-5
    for factor in range(5):
        for ours, slope in (
            (cell.user_gradient[factor], other[factor]),
            (cell.item_gradient[factor], own[factor]),
        ):
            up = rmse_if_cell_predicts(cell.predicted + step * slope)
            down = rmse_if_cell_predicts(cell.predicted - step * slope)
            assert ours == pytest.approx((up - down) / (2 * step), abs=1e-5 * max(1, abs(ours)))


def test_the_cells_gradients_add_up_to_the_sheets(actual: np.ndarray) -> None:
    sheet = start_sheet(actual, 4, True, seed=5)
    cells = [cell_of_sheet(sheet, 3, column) for column in range(15)]
    ours = np.sum([cell.user_gradient for cell in cells], axis=0)
    _, whole = gradient(sheet)
    np.testing.assert_allclose(ours, whole[3 * 4 : 4 * 4], rtol=1e-10)
    first_bias = (15 + 15) * 4
    assert sum(cell.total_slope for cell in cells) == pytest.approx(whole[first_bias + 3])


@pytest.mark.parametrize("n_factors", [0, 21, -1])
def test_a_number_of_factors_out_of_range_is_refused(actual: np.ndarray, n_factors: int) -> None:
    with pytest.raises(QuestionError, match="choose 1 to 20"):
        start_sheet(actual, n_factors, False, 0)


def test_a_sheet_without_ratings_is_refused() -> None:
    with pytest.raises(QuestionError, match="rated any"):
        start_sheet(np.full((3, 2), np.nan), 2, False, 0)


def test_a_sheet_that_runs_away_says_so(actual: np.ndarray) -> None:
    with pytest.raises(QuestionError, match="smaller"):
        descend(start_sheet(actual, 5, False, 0), 3000, 1e6, 0.99)


def test_a_perfect_sheet_stands_still() -> None:
    sheet = Sheet(np.array([[6.0]]), np.array([[2.0]]), np.array([[3.0]]), None, None)
    answer = descend(sheet, 3, 1.0, 0.9)
    assert answer.rmse == 0 and answer.sheet.user_factors[0, 0] == 2.0
    assert cell_of_sheet(sheet, 0, 0).user_gradient == (0.0,)


@pytest.mark.parametrize(("factor", "shift"), [(20.0, 0.0), (0.2, 0.0), (4.0, -12.0)])
def test_it_learns_the_same_on_every_scale(actual: np.ndarray, factor: float, shift: float) -> None:
    """The same rates, the same factors; predictions and errors in rating units."""
    sheet = start_sheet(actual, 5, True, seed=3)
    ends = {"low": 0.5 * factor + shift, "high": 5.0 * factor + shift}
    scaled = replace(sheet, actual=actual * factor + shift, **ends)
    theirs, ours = descend(sheet, 60, 1.0, 0.9), descend(scaled, 60, 1.0, 0.9)
    np.testing.assert_allclose(ours.sheet.user_factors, theirs.sheet.user_factors, rtol=1e-6)
    np.testing.assert_allclose(np.array(ours.rmses) / factor, theirs.rmses, rtol=1e-6)
    known = ~np.isnan(actual)
    mapped = theirs.predicted[known] * factor + shift
    np.testing.assert_allclose(ours.predicted[known], mapped, atol=1e-5 * factor)
    assert not ours.predicted[~known].any()
    errors = (ours.predicted - scaled.actual)[known]
    assert ours.rmse == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-9)
    # One table of one factor, changed by hand: the slope of the RMSE as it is shown.
    row, column = np.argwhere(known)[7].tolist()
    cell = cell_of_sheet(ours.sheet, row, column)
    assert cell.predicted == pytest.approx(ours.predicted[row, column], rel=1e-9)
    assert cell.total * cell.scale + cell.offset == pytest.approx(cell.predicted, rel=1e-9)
    solved, best = solve(scaled, seconds=20), solve(sheet, seconds=20)
    assert solved.rmse / factor == pytest.approx(best.rmse, rel=2e-2)
