"""Initial values, the order of the ratings, and the schedule."""

import numpy as np
import pytest
import torch

from cftui.hyperparameters import Constant, CosineRestarts, DataInfo, DotBias
from cftui.models.initial import initial_values
from cftui.optim.schedules import learning_rates
from cftui.training.order import epoch_order

SMALL, LARGE = DataInfo(20, 30, 1, 5), DataInfo(50, 30, 0.5, 10)


def test_initial_values_depend_on_seed_and_table_alone() -> None:
    first = initial_values(DotBias(n_factors=4), SMALL, 1)
    other_data = initial_values(DotBias(n_factors=4), LARGE, 1)
    other_seed = initial_values(DotBias(n_factors=4), SMALL, 2)
    for table in ("item_factors", "item_bias"):  # as large in both
        np.testing.assert_array_equal(first[table], other_data[table])
        assert not np.array_equal(first[table], other_seed[table])
    assert not np.array_equal(first["user_bias"][:20], first["item_bias"][:20])


def test_initial_values_are_uniform_within_the_range() -> None:
    values = initial_values(DotBias(n_factors=50, init_range=0.2), DataInfo(400, 2, 1, 5), 0)
    table = values["user_factors"]
    assert table.dtype == np.float32 and table.shape == (400, 50)
    assert np.abs(table).max() <= 0.2
    # Of a uniform distribution on -r..r: mean 0, standard deviation r / sqrt(3).
    assert abs(table.mean()) < 0.005 and table.std() == pytest.approx(0.2 / 3**0.5, rel=0.02)


def test_an_order_is_a_permutation_that_only_seed_and_epoch_decide() -> None:
    orders = {(seed, epoch): epoch_order(seed, epoch, 1000) for seed in (1, 2) for epoch in (0, 1)}
    for order in orders.values():
        np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    kinds = list(orders.values())
    for index, order in enumerate(kinds):
        assert not any(np.array_equal(order, other) for other in kinds[index + 1 :])
    np.random.seed(7)
    np.testing.assert_array_equal(epoch_order(2, 1, 1000), orders[2, 1])


@pytest.mark.parametrize(("length", "mult"), [(1, 1), (1, 2), (2, 1), (3, 2), (2, 3)])
@pytest.mark.parametrize("steps_per_epoch", [1, 7, 63])
def test_restarts_are_those_of_torch(length: int, mult: int, steps_per_epoch: int) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer, T_0=length * steps_per_epoch, T_mult=mult
    )
    count = 20 * steps_per_epoch
    expected = []
    for _ in range(count):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    schedule = CosineRestarts(cycle_len=length, cycle_mult=mult)
    found = learning_rates(schedule, 0.3, steps_per_epoch, 0, count, epochs=20)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_restarts_stay_exact_in_the_far_epochs() -> None:
    """Cycle 10 of 1, 2, 4, ... begins with epoch 1023, however many steps an epoch has."""
    schedule = CosineRestarts(cycle_len=1, cycle_mult=2)
    spe = 1_000_003
    before, at = learning_rates(schedule, 1.0, spe, 1023 * spe - 1, 2, epochs=2000)
    assert before < 1e-12 and at == 1.0


def test_a_constant_rate_is_constant() -> None:
    np.testing.assert_array_equal(learning_rates(Constant(), 0.25, 10, 3, 4, epochs=1), [0.25] * 4)
