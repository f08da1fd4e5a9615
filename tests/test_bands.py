"""How far ratings may be from predictions: bands of made-up members against what made them."""

from dataclasses import replace

import numpy as np
import pytest
from small import open_small

from cftui.library.bands import bands_of_members, learn_noise, words_of_draws
from cftui.questions.band import (
    DRAWN,
    EIGHTY,
    SPREAD,
    Band,
    band_words,
    ends_of,
    give_or_take,
    stars_words,
    with_band,
)
from cftui.questions.trained import Recommendation
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import Split
from cftui.ratings.values import Ratings
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.shared.table_text import file_columns


class Members:
    """Predicts 3 of everything; its members differ by 0.1, its noise is each user's own."""

    def score(self, pairs: Pairs) -> np.ndarray:
        return np.full(len(pairs), 3.0, np.float32)

    def score_all_items(self, user: int) -> np.ndarray:
        raise NotImplementedError

    def spread(self, pairs: Pairs) -> np.ndarray | None:
        return np.full(len(pairs), 0.1, np.float32)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    """Ratings around 3, which scatter by 0.4 of even users, by 1.2 of the others."""
    found = open_small(tmp_path_factory.mktemp("r") / "r", users=40, items=200, n=6000)
    noise = np.where(found.user % 2 == 0, 0.4, 1.2)
    value = 3 + noise * np.random.default_rng(1).standard_normal(len(found))
    return replace(found, value=value.astype(np.float32), low=-5.0, high=11.0)


def parts(ratings: Ratings) -> Split:
    order = np.random.default_rng(2).permutation(len(ratings))
    return Split(np.sort(order[1500:]), np.sort(order[:1500]))


def test_noise_of_members_is_each_users_own_and_holds_eighty_percent(ratings: Ratings) -> None:
    both = parts(ratings)
    noise = learn_noise(Members(), ratings, both)
    assert noise.words == "80 %"
    # Members' spread and noise together are what ratings scatter by around their mean.
    everybody = Pairs(np.arange(40), np.zeros(40, np.int64))
    found = np.sqrt(noise.of(everybody) + 0.1**2)
    assert np.median(found[::2]) == pytest.approx(0.4, rel=0.2)
    assert np.median(found[1::2]) == pytest.approx(1.2, rel=0.15)
    pairs = Pairs(ratings.user[both.valid], ratings.item[both.valid], both.valid)
    bands = bands_of_members(Members(), noise, ratings, pairs)
    assert bands is not None and bands.words == "80 %"
    values = ratings.value[both.valid]
    inside = (bands.low <= values) & (values <= bands.high)
    for of_kind in (pairs.users % 2 == 0, pairs.users % 2 == 1):
        assert 0.74 < inside[of_kind].mean() < 0.88


def test_rarely_rated_items_have_a_noise_of_their_own(ratings: Ratings) -> None:
    """Theirs scatter three times as much: each band holds 80 % all the same."""
    rare = ratings.item < 100
    draw = np.random.default_rng(3)
    value = 3 + np.where(rare, 1.2, 0.4) * draw.standard_normal(len(ratings))
    known = replace(ratings, value=value.astype(np.float32))
    held = draw.random(len(ratings)) < np.where(rare, 0.8, 0.2)
    both = Split(np.flatnonzero(~held), np.flatnonzero(held))
    noise = learn_noise(Members(), known, both)
    told = both.valid[1::2]  # by which nothing was found
    pairs = Pairs(known.user[told], known.item[told], told)
    bands = bands_of_members(Members(), noise, known, pairs)
    assert bands is not None and bands.words == "80 %"
    inside = (bands.low <= known.value[told]) & (known.value[told] <= bands.high)
    for of_kind in (rare[told], ~rare[told]):
        assert inside[of_kind].mean() == pytest.approx(0.8, abs=0.05)


def test_it_is_no_band_of_eighty_percent_where_nothing_shows_that(ratings: Ratings) -> None:
    """Nothing held out; and held-out ratings of which half are like none before."""
    nothing = Split(np.arange(len(ratings)), np.empty(0, np.int64))
    noise = learn_noise(Members(), ratings, nothing)
    assert noise.words == SPREAD and noise.cover is None
    both = parts(ratings)
    value = np.array(ratings.value)
    value[both.valid[1::2]] = 10.5
    noise = learn_noise(Members(), replace(ratings, value=value), both)
    assert noise.words == SPREAD and noise.cover == 0.0
    bands = bands_of_members(Members(), noise, ratings, Pairs(np.array([1]), np.array([1])))
    assert bands is not None
    assert bands[0].half(3.0) == pytest.approx(1.2816 * 0.1, abs=1e-4)


class Drawn(Members):
    """Predicts 3 of everything; its bands are so many deviations of the even users' ratings."""

    def __init__(self, deviations: float) -> None:
        self.half = np.float32(0.4 * deviations)

    def interval(self, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        middle = self.score(pairs)
        return middle - self.half, middle + self.half


def test_bands_of_draws_are_called_of_eighty_percent_where_held_out_ratings_show_it(
    ratings: Ratings,
) -> None:
    """Of a normal distribution 80 % are within 1.28 deviations, 73 % within 1.1, 89 % in 1.6."""
    both = parts(ratings)
    even = Split(both.train, both.valid[ratings.user[both.valid] % 2 == 0])
    assert len(even.valid) > 500
    called = {d: words_of_draws(Drawn(d), ratings, even) for d in (1.1, 1.2816, 1.6)}
    assert called == {1.1: DRAWN, 1.2816: EIGHTY, 1.6: DRAWN}
    few = Split(both.train, even.valid[:20])
    nothing = Split(both.train, np.empty(0, np.int64))
    assert words_of_draws(Drawn(1.2816), ratings, few) == DRAWN
    assert words_of_draws(Drawn(1.2816), ratings, nothing) == DRAWN


def test_a_band_in_words() -> None:
    assert with_band(4.21, Band(3.17, 5.0, "80 %")) == "4.2 ± 1.0 (80 %)"
    assert give_or_take(0.412, Band(0.381, 0.443, "80 %")) == "0.41 ± 0.03"
    assert give_or_take(3.0, Band(3.0, 3.0, "80 %")) == "3.0 ± 0.0"


def test_a_column_of_stars_has_room_for_bands_where_there_are_any() -> None:
    def row(predicted: float | None, band: Band | None) -> Recommendation:
        return Recommendation(1, "i", "A title", "", predicted, 3, band=band)

    plain, none = row(4.214, None), row(None, None)
    banded, spread = row(4.214, Band(3.2, 5.0, "80 %")), row(3.0, Band(2.7, 3.3, SPREAD))
    column = stars_column("stars", [plain, none])
    assert column.width == 5 and [column.key(r) for r in (plain, none)] == ["4.21", ""]
    column = stars_column("stars", [plain, banded])
    assert column.width == 9 and column.key(banded) == "4.2 ± 1.0"
    told = dict(file_columns([column], [plain, banded], ["a", "b"]))
    assert told == {
        **{"id": ("a", "b"), "stars": (4.214, 4.214)},
        **{"low": (None, 3.2), "high": (None, 5.0)},
    }
    assert ends_of([plain, banded]) == {"low": [None, 3.2], "high": [None, 5.0]}
    assert ends_of([plain, none]) == {} and stars_words(banded) == "4.2 ± 1.0 (80 %)"
    assert [stars_words(r) for r in (plain, none)] == ["4.21", ""]
    assert band_words([plain, banded]) == "±: 80 % of ratings are within"
    assert band_words([spread]) == "±: members' spread alone" and band_words([plain]) == ""
    drawn = row(3.0, Band(2.7, 3.3, DRAWN))
    assert band_words([drawn]) == "±: as drawn, not shown to hold 80 %"
