"""Parts of scores and of predictions add up, and are what they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import small_config, write_ratings

from cftui import paths
from cftui.explore.fold_in import fold_in, fold_in_parts, mean_user
from cftui.explore.likes.kept import tastes_of
from cftui.explore.why import why_liked, why_stars
from cftui.library.trained import Trained, load_trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.likes import WhyLiked, WhyStars, WhyStarsAnswer
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture(scope="module", params=["dot-bias", "dot"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("why")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source: Path = write_ratings(folder / "small", users=200, items=120, n=6000)
        config = small_config(
            source,
            model={"name": request.param},
            optimizer={"name": "adam", "learning_rate": 0.02, "weight_decay": 1e-5},
            training={"epochs": 6},
        )
        assert start_run(config, lambda _: None, run_id="r", began=0.0).event == "finished"
        return load_trained(find_run("r"))


def profiles(trained: Trained, n: int) -> list[tuple[str, tuple[tuple[str, float], ...]]]:
    """Return items, and ratings that somebody might give, drawn at random."""
    draw, ids = np.random.default_rng(1), trained.ratings.items.id_of
    found = []
    for _ in range(n):
        codes = draw.choice(trained.ratings.n_items, draw.integers(2, 40), replace=False)
        values = draw.integers(1, 11, len(codes)) / 2
        rated = tuple((ids(int(c)), float(v)) for c, v in zip(codes[1:], values[1:], strict=True))
        found.append((ids(int(codes[0])), rated))
    return found


def total_of(answer: WhyStarsAnswer) -> float:
    shares = sum(share.share for share in answer.shares)
    return answer.mean_user + answer.item_bias + shares + answer.beyond


def test_the_parts_of_a_score_add_up_for_1000_pairs(trained: Trained) -> None:
    ratings, draw = trained.ratings, np.random.default_rng(0)
    tastes = tastes_of(ratings)
    for user, item in zip(
        draw.integers(0, 200, 1000).tolist(), draw.integers(0, 120, 1000).tolist(), strict=True
    ):
        asked = WhyLiked("s", ratings.items.id_of(item), user=ratings.users.id_of(user))
        answer = why_liked(ratings, asked)
        own = ratings.by_user.of(user)
        score = tastes.scores(ratings.item[own], ratings.value[own])[item]
        assert answer.score == sum(share.share for share in answer.shares)
        assert answer.score == pytest.approx(score, abs=1e-12)
        assert len(answer.shares) == len(own) - (item in ratings.item[own])
        sizes = [abs(share.share) for share in answer.shares]
        assert sizes == sorted(sizes, reverse=True)


def test_the_parts_of_a_newcomers_prediction_add_up_for_200_profiles(trained: Trained) -> None:
    factors = trained.factors
    assert factors is not None
    mean = mean_user(factors, trained.trained_users)
    for item, rated in profiles(trained, 200):
        answer = why_stars(trained, WhyStars("r", item, rated))
        codes = np.array([trained.ratings.items.code_of(own) for own, _ in rated])
        values = np.array([value for _, value in rated])
        custom = fold_in(factors, mean, codes, values, 3.0)
        code = trained.ratings.items.code_of(item)
        plain = replace(custom, sigmoid=False).score_all_items(0)[code]
        assert answer.beyond == 0.0
        assert total_of(answer) == pytest.approx(answer.total, abs=1e-9)
        assert answer.total == pytest.approx(plain, abs=1e-5)
        assert answer.predicted == pytest.approx(custom.score_all_items(0)[code], abs=1e-5)
        start = factors.to_range(np.array([answer.mean_user + answer.item_bias]))[0]
        stars = sum(share.share for share in answer.shares) * answer.stars_a_unit
        assert start + stars == pytest.approx(answer.predicted, abs=1e-6)


def test_a_users_prediction_is_their_own_and_the_rest_is_beyond(trained: Trained) -> None:
    ratings = trained.ratings
    for user in range(0, 200, 10):
        item = int(np.flatnonzero(trained.trained_items)[user % 50])
        asked = WhyStars("r", ratings.items.id_of(item), user=ratings.users.id_of(user))
        answer = why_stars(trained, asked)
        assert answer.predicted == pytest.approx(
            trained.scorer.score_all_items(user)[item], abs=1e-5
        )
        assert total_of(answer) == pytest.approx(answer.total, abs=1e-5) and answer.beyond != 0
        own = ratings.by_user.of(user)
        kept = {ratings.items.id_of(c) for c in ratings.item[own[~trained.held_out[own]]].tolist()}
        assert {share.item for share in answer.shares} == kept


@pytest.mark.parametrize("sigmoid", [True, False])
def test_a_share_is_the_slope_of_its_working_response(sigmoid: bool) -> None:
    """Without a sigmoid: what is lost when the rating is at the mean user's prediction."""
    draw = np.random.default_rng(4)
    factors = Factors(
        *(draw.normal(size=(9, 4)), draw.normal(size=(12, 4))),
        *(draw.normal(size=9), draw.normal(size=12), 0.5, 5.0, sigmoid),
    )
    mean, items = mean_user(factors, np.ones(9, bool)), np.array([1, 5, 7])
    values = np.array([5.0, 1.0, 3.5])
    start, parts = fold_in_parts(factors, mean, items, values, 2.0, 3)
    assert start == pytest.approx(np.append(factors.item_factors[3], 1.0) @ mean)
    if sigmoid:
        assert parts[0] != 0
        return
    assert factors.item_bias is not None
    rows = np.column_stack([factors.item_factors[items], np.ones(3)])
    for place in range(3):
        moved = values.copy()
        moved[place] = rows[place] @ mean + factors.item_bias[items[place]]
        _, without = fold_in_parts(factors, mean, items, moved, 2.0, 3)
        assert parts.sum() - without.sum() == pytest.approx(parts[place])


def test_what_cannot_be_taken_apart_is_told(trained: Trained) -> None:
    ratings, mask = trained.ratings, trained.trained_items.copy()
    for neither in (WhyLiked("s", "1001"), WhyLiked("s", "1001", (("1002", 5.0),), "1")):
        with pytest.raises(QuestionError, match="name a user, or give ratings"):
            why_liked(ratings, neither)
    with pytest.raises(QuestionError, match="no user 4711"):
        why_liked(ratings, WhyLiked("s", "1001", user="4711"))
    with pytest.raises(QuestionError, match="takes in nobody new"):
        why_stars(replace(trained, factors=None), WhyStars("r", "1001", (("1002", 5.0),)))
    mask[ratings.items.code_of("1001")] = False
    unseen = replace(trained)
    unseen.__dict__["trained_items"] = mask
    with pytest.raises(QuestionError, match="was trained on: the run knows nothing of it"):
        why_stars(unseen, WhyStars("r", "1001", (("1002", 5.0),)))
    alone = why_stars(unseen, WhyStars("r", "1002", (("1001", 5.0),)))
    assert alone.shares == () and alone.total == alone.mean_user + alone.item_bias
