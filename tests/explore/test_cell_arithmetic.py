"""A cell's arithmetic against the model itself, with its gradient by autograd."""

import numpy as np
import pytest
import torch

from cftui.explore.arithmetic import cell_arithmetic
from cftui.hyperparameters import DataInfo
from cftui.models.dot_bias import DotBias
from cftui.models.factors import Factors


def model_and_factors() -> tuple[DotBias, Factors]:
    torch.manual_seed(0)
    model = DotBias(DataInfo(4, 6, 0.5, 5.0), 3).double()
    tables = {name.split(".")[0]: p.detach().numpy() for name, p in model.named_parameters()}
    return model, Factors.from_tables(tables, 0.5, 5.0, sigmoid=True)


def test_the_numbers_are_the_models_and_the_gradient_is_autograds() -> None:
    model, factors = model_and_factors()
    cell = cell_arithmetic(factors, 2, 5, actual=4.5)
    predicted = model(torch.tensor([2]), torch.tensor([5]))
    ((predicted - 4.5) ** 2).sum().backward()
    assert cell.predicted == pytest.approx(predicted.item(), rel=1e-12)
    assert cell.error == pytest.approx(predicted.item() - 4.5, rel=1e-12)
    assert sum(cell.products) + cell.user_bias + cell.item_bias == pytest.approx(cell.total)  # type: ignore[operator]
    for ours, parameter, row in (
        (cell.user_gradient, model.user_factors, 2),
        (cell.item_gradient, model.item_factors, 5),
        ((cell.total_slope,), model.user_bias, 2),
        ((cell.total_slope,), model.item_bias, 5),
    ):
        assert parameter.weight.grad is not None
        np.testing.assert_allclose(ours, parameter.weight.grad[row].numpy(), rtol=1e-10)


def test_a_cell_without_a_rating_sends_nothing_back() -> None:
    cell = cell_arithmetic(model_and_factors()[1], 0, 0, actual=None)
    assert cell.error is None and set(cell.user_gradient) == {0.0}


def test_a_plain_product_by_hand() -> None:
    factors = Factors(
        np.array([[1.0, 2.0]]), np.array([[3.0, 0.5]]), None, None, 1.0, 5.0, sigmoid=False
    )
    cell = cell_arithmetic(factors, 0, 0, actual=3.0)
    assert cell.products == (3.0, 1.0) and cell.predicted == 4.0 and cell.error == 1.0
    assert cell.user_gradient == (6.0, 1.0) and cell.item_gradient == (2.0, 4.0)
