"""What is asked of ratings on another scale is what is asked of the lesson's, mapped."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small import here, small_config, write_ratings, write_rescaled

from cftui.explore.arithmetic import cell_of_run
from cftui.explore.cells import describe_crosstab, predict_cells
from cftui.explore.for_whom import explore_for_whom
from cftui.explore.for_you import explore_for_you
from cftui.explore.profiles import explore_user
from cftui.explore.recommend import recommend
from cftui.explore.stars import spread_of
from cftui.explore.why import why_stars
from cftui.library.trained import Trained, load_trained
from cftui.questions.likes import ForYou, WhyStars
from cftui.questions.new_item import ForWhom
from cftui.ratings.crosstab import crosstab
from cftui.runs.find import find_run
from cftui.training.start import start_run

SCALES = ((20.0, 0.0), (4.0, -12.0), (0.2, 0.0))
MODELS = ("dot", "dot-bias", "net")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, float], Trained]:
    """Give each model, trained on the ratings as they are and on every scale."""
    folder = tmp_path_factory.mktemp("scales")
    base = write_ratings(folder / "base", users=60, items=90, n=1800)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CFTUI_HOME", str(folder / "home"))
        for factor, shift in ((1.0, 0.0), *SCALES):
            source = write_rescaled(base, folder / f"x{factor}", factor, shift)
            for model in MODELS:
                config = small_config(source, model={"name": model}, optimizer={"name": "adam"})
                run = f"{model}-x{factor}"
                start_run(config, lambda _: None, run_id=run, began=0.0)
                found[model, factor] = load_trained(find_run(run))
    return found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("factor", "shift"), SCALES)
def test_lists_cells_and_errors_are_mapped(
    trained: dict[tuple[str, float], Trained], model: str, factor: float, shift: float
) -> None:
    base, scaled = trained[model, 1.0], trained[model, factor]
    near = 2e-3 * factor

    def same(found: Any, expected: Any) -> None:
        np.testing.assert_allclose(found, np.array(expected) * factor + shift, atol=near)

    theirs, ours = explore_user(base, 4, 10), explore_user(scaled, 4, 10)
    same([r.predicted for r in ours.rated], [r.predicted for r in theirs.rated])
    assert theirs.rmse_training is not None and ours.rmse_training is not None
    assert ours.rmse_training / factor == pytest.approx(theirs.rmse_training, rel=1e-3)
    assert [row.is_far for row in ours.rated] == [row.is_far for row in theirs.rated]
    # By stars: which value is liked, other lists go by, is no matter of the unit.
    wanted, best = (recommend(one, 4, 10, order="stars") for one in (base, scaled))
    assert [row.item for row in best] == [row.item for row in wanted]
    same([row.predicted for row in best], [row.predicted for row in wanted])
    labels = describe_crosstab(base.ratings, crosstab(base.ratings, 6, 6)).labels
    same(predict_cells(scaled, labels).values, predict_cells(base, labels).values)


@pytest.mark.parametrize("model", ["dot", "dot-bias"])
@pytest.mark.parametrize(("factor", "shift"), SCALES)
def test_somebody_new_gets_the_same_list_with_stars_mapped(
    trained: dict[tuple[str, float], Trained], model: str, factor: float, shift: float
) -> None:
    base, scaled = trained[model, 1.0], trained[model, factor]
    rated = (("1001", 5.0), ("1002", 0.5), ("1007", 4.0))
    mapped = tuple((item, value * factor + shift) for item, value in rated)
    theirs = explore_for_you(base.ratings, ForYou("s", rated, "r", "stars", 20), base)
    ours = explore_for_you(scaled.ratings, ForYou("s", mapped, "r", "stars", 20), scaled)
    assert [row.item for row in ours.recommended] == [row.item for row in theirs.recommended]
    found = np.array([row.predicted for row in ours.recommended])
    expected = np.array([row.predicted for row in theirs.recommended])
    np.testing.assert_allclose(found, expected * factor + shift, atol=2e-3 * factor)
    assert spread_of(scaled) / factor == pytest.approx(spread_of(base), rel=1e-3)
    assert ours.flat == theirs.flat

    item = ours.recommended[0].item
    why, because = (
        why_stars(one, WhyStars("r", item, given))
        for one, given in ((scaled, mapped), (base, rated))
    )
    assert why.predicted == pytest.approx(because.predicted * factor + shift, abs=2e-3 * factor)
    assert why.stars_a_unit / factor == pytest.approx(because.stars_a_unit, rel=1e-3)
    for share, expected_share in zip(why.shares, because.shares, strict=True):
        assert share.item == expected_share.item  # before the sigmoid, on any scale
        assert share.share == pytest.approx(expected_share.share, abs=1e-3)


@pytest.mark.parametrize("model", ["dot", "dot-bias"])
@pytest.mark.parametrize(("factor", "shift"), SCALES)
def test_a_new_item_has_the_same_audience_with_stars_mapped(
    trained: dict[tuple[str, float], Trained], model: str, factor: float, shift: float
) -> None:
    base, scaled = trained[model, 1.0], trained[model, factor]
    given = (("1", 5.0), ("2", 1.5), ("7", 4.0))
    mapped = tuple((user, value * factor + shift) for user, value in given)
    theirs, ours = (
        explore_for_whom(one.ratings, ForWhom("s", "r", told, n=60), one)
        for one, told in ((base, given), (scaled, mapped))
    )
    expected = {row.user: row for row in theirs.audience}
    assert len(ours.audience) == len(expected) == 57
    for row in ours.audience:
        other, near = expected[row.user], 5e-3 * factor
        assert row.predicted == pytest.approx(other.predicted * factor + shift, abs=near)
        assert row.more == pytest.approx(other.more * factor, abs=near)
        assert row.doubt is not None and other.doubt is not None
        assert row.doubt / factor == pytest.approx(other.doubt, rel=5e-3)
    assert ours.expected == pytest.approx(theirs.expected * factor + shift, abs=2e-3 * factor)
    assert ours.expected_doubt / factor == pytest.approx(theirs.expected_doubt, rel=1e-3)


@pytest.mark.parametrize("model", ["dot", "dot-bias"])
def test_the_arithmetic_of_a_cell_ends_at_the_prediction(
    trained: dict[tuple[str, float], Trained], model: str
) -> None:
    """The gradient against a difference: of the squared error in rating units, as it is called."""
    scaled = trained[model, 20.0]
    user, item = int(scaled.ratings.user[0]), int(scaled.ratings.item[0])
    cell = cell_of_run(scaled, user, item)
    if cell.sigmoid:
        share = 1 / (1 + np.exp(-cell.total))
        assert cell.low + (cell.high - cell.low) * share == pytest.approx(cell.predicted)
    else:
        assert cell.total * 20.0 == pytest.approx(cell.predicted)
    assert cell.actual == scaled.ratings.value[0] and cell.loss_unit == 400.0
    assert scaled.factors is not None and cell.error is not None

    def squared_error(moved: float) -> float:
        factors = scaled.factors
        assert factors is not None and cell.actual is not None
        table = factors.user_factors.astype(np.float64)
        table[user, 0] += moved
        other = replace(
            factors, user_factors=table, item_factors=factors.item_factors.astype(np.float64)
        )
        return (float(other.score_all_items(user)[item]) - cell.actual) ** 2

    slope = (squared_error(1e-4) - squared_error(-1e-4)) / 2e-4
    assert cell.user_gradient[0] == pytest.approx(slope, rel=1e-4)


def test_the_shell_says_rating_units(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = write_ratings(tmp_path / "base", users=60, items=90, n=1800)
    scaled = write_rescaled(base, tmp_path / "scaled", 20.0)
    told: dict[Path, dict[str, Any]] = {}
    words = {base: "1001=5", scaled: "1001=100"}
    for source in (base, scaled):
        name = source.name
        train = ("train", "--data", str(source), "--factors", "8", "--optimizer", "adam")
        assert here(*train, "--epochs", "2", "--id", name, "--json") == 0
        epochs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        run = ("--run", name, "--json")
        assert here("runs", "show", name) == 0
        shown = capsys.readouterr().out
        assert ("trained on 0.5–5, onto which 10–100 is mapped" in shown) == (source == scaled)
        assert here("runs", "show", name, "--json") == 0
        assert json.loads(capsys.readouterr().out)["trained_in"] == "0.5-5"
        assert here("predict", "--user", "5", "--item", "1003", *run) == 0
        predicted = json.loads(capsys.readouterr().out.splitlines()[-1])["predicted"]
        assert here("recommend", "--rated", words[source], "--order", "stars", *run) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert here("similar", "1003", "--by", "cosine", *run) == 0
        near = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        told[source] = {
            "valid": epochs[-1]["valid_rmse"],
            "predicted": predicted,
            "best": next(row["predicted"] for row in rows if "rank" in row),
            "near": [row["item"] for row in near if "rank" in row],
        }
    for name in ("valid", "predicted", "best"):
        assert told[scaled][name] == pytest.approx(20 * told[base][name], rel=1e-4)
    assert told[scaled]["near"] == told[base]["near"] != []
