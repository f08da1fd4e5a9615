"""Predictions of models that are no sums of shares: what user and item add, by both orders."""

from itertools import permutations

import numpy as np
import pytest
from small import here, open_small, small_config

from cftui.explore.effects import effects_of
from cftui.explore.why import answer_why_stars, why_of_any_model
from cftui.library.door import Library
from cftui.library.trained import Trained, load_trained
from cftui.questions.errors import QuestionError
from cftui.questions.likes import WhyStars
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("effects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CFTUI_HOME", str(folder / "home"))
        source = open_small(folder / "small", users=40, items=60, n=900).source
        config = small_config(source, model={"name": "net"}, optimizer={"name": "adam"})
        start_run(config, lambda _: None, run_id="net", began=0.0)
        return load_trained(find_run("net"))


@pytest.fixture
def table(trained: Trained) -> np.ndarray:
    """Every prediction, of users by trained items, float64."""
    rows = [trained.scorer.score_all_items(user) for user in range(trained.ratings.n_users)]
    return np.array(rows, np.float64)


def by_orders(table: np.ndarray, user: int, item: int) -> dict[str, float]:
    """Return what each adds on average over the orders in which the two can come."""

    def value(there: frozenset[str]) -> float:
        rows = table[[user]] if "user" in there else table
        return float((rows[:, [item]] if "item" in there else rows).mean())

    added = {"user": 0.0, "item": 0.0}
    for order in permutations(added):
        for place, who in enumerate(order):
            before = frozenset(order[:place])
            added[who] += (value(before | {who}) - value(before)) / 2
    return {**added, "usual": value(frozenset())}


def test_user_and_item_add_what_they_do_on_average_over_both_orders(
    trained: Trained, table: np.ndarray
) -> None:
    assert trained.trained_users.all() and trained.trained_items.all()
    for user, item in np.random.default_rng(0).integers(0, 40, (200, 2)).tolist():
        found, expected = effects_of(trained, user, item), by_orders(table, user, item)
        assert found.user == pytest.approx(expected["user"], abs=1e-5)
        assert found.item == pytest.approx(expected["item"], abs=1e-5)
        assert found.usual == pytest.approx(expected["usual"], abs=1e-5)
        total = found.usual + found.user + found.item
        assert total == pytest.approx(table[user, item], abs=1e-5)


def test_the_error_is_that_of_a_mean_over_users(trained: Trained, table: np.ndarray) -> None:
    spread = table.mean(axis=1).std(ddof=1) / np.sqrt(len(table))
    assert effects_of(trained, 0, 0).error == pytest.approx(spread, rel=1e-4)


def test_what_is_unknown_is_refused(trained: Trained) -> None:
    with pytest.raises(QuestionError, match="no user 99 in small"):
        why_of_any_model(trained, WhyStars("net", "1001", user="99"))


def test_the_shell_tells_the_parts_of_a_net(
    home: object, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    source = open_small(tmp_path_factory.mktemp("net") / "small", users=40, items=60, n=900).source
    config = small_config(source, model={"name": "net"})
    start_run(config, lambda _: None, run_id="r", began=0.0)
    assert here("predict", "--user", "3", "--item", "1003", "--why") == 0
    said = capsys.readouterr().out
    assert "usual, the mean prediction" in said and "Shapley value of user and item" in said
    assert here("predict", "--user", "3", "--item", "1003", "--why", "--json") == 0
    answer = answer_why_stars(Library(), WhyStars(str(find_run("r").path), "1003", user="3"))
    assert answer.effects is not None and f'"predicted":{answer.predicted}' in (
        capsys.readouterr().out.replace(" ", "")
    )
