"""The map's places: principal components, what they go with, alignment, vectors by likes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, special_ortho_group
from small import write_ratings

from cftui.explore.components import aligned, meanings_of, principal_components, shares_along
from cftui.explore.item_map import map_of, mapped_items, space_of_likes
from cftui.explore.likes.kernels import by_factors, by_items, by_users, item_rows
from cftui.explore.likes.vectors import like_vectors
from cftui.library.door import Library
from cftui.questions.errors import QuestionError
from cftui.questions.item_map import ENDS, MapOfItems, ScoreItems
from cftui.questions.likes import ForYou
from cftui.ratings.facets import facets
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings


def drawn(rows: int, k: int, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(rows, k)) * np.linspace(3, 0.5, k) + draw.normal(size=k)


def test_components_are_the_covariance_s_eigenvectors() -> None:
    rows = drawn(500, 7)
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    values, vectors = values[::-1], vectors[:, ::-1].T
    found = principal_components(rows, 4)
    assert np.allclose(found.shares, values[:4] / values.sum())
    for mine, theirs in zip(found.directions, vectors, strict=False):
        assert abs(mine @ theirs) == pytest.approx(1.0, abs=1e-9)
        assert mine[np.abs(mine).argmax()] > 0
    places = found.place(rows)
    assert np.allclose(places.mean(0), 0) and np.allclose(places.var(0, ddof=1), values[:4])
    assert np.allclose(shares_along(found, rows), found.shares)
    again = principal_components(rows[::-1], 4)  # as other machines may sum in another order
    assert np.allclose(again.directions, found.directions)


@pytest.mark.parametrize("rows", [np.ones((5, 3)), drawn(4, 1), np.zeros((3, 6))])
def test_there_are_two_axes_at_least(rows: np.ndarray) -> None:
    found = principal_components(rows, 6)
    assert len(found.directions) >= 2 and np.isfinite(found.place(rows)).all()
    assert np.isfinite(found.shares).all() and found.shares.sum() <= 1 + 1e-12


def test_an_axis_is_told_by_what_it_goes_with() -> None:
    draw = np.random.default_rng(1)
    along = draw.normal(size=300)
    year = 1980 + 10 * along + draw.normal(size=300)
    year[:20] = np.nan
    war, rare = along + draw.normal(size=300) > 0, np.arange(300) < 2
    flat = np.ones(300)
    told = dict(meanings_of(along, {"rare": rare, "War": war, "year": year, "flat": flat}))
    assert list(told) == ["year", "War"]
    assert told["year"] == pytest.approx(pearsonr(along[20:], year[20:])[0])
    assert told["War"] == pytest.approx(pearsonr(along, war)[0])


def test_a_turned_and_moved_copy_aligns() -> None:
    rows, fitted = drawn(400, 9), np.arange(400) % 3 > 0
    turn = special_ortho_group.rvs(9, random_state=2)
    turn[0] *= -1  # a mirror image too
    copy = rows @ turn + np.arange(9.0)
    assert np.abs(aligned(copy, rows, fitted) - rows).max() < 1e-6
    # What is half as large stays so: that a space grows is to be seen.
    half = aligned(0.5 * copy, rows, fitted)
    middle = rows[fitted].mean(0)
    assert np.allclose(half - middle, 0.5 * (rows - middle), atol=1e-9)


def test_dot_products_of_like_vectors_are_the_kernel() -> None:
    draw = np.random.default_rng(3)
    user, item = np.divmod(draw.choice(20 * 30, 200, replace=False), 30)
    rated = item_rows(user, item, draw.uniform(0.15, 1, 200), 20, 30)
    kernel = by_users(rated, 5.0)
    whole = by_items(rated, 5.0).kernel
    root = np.sqrt(np.diagonal(whole) + np.diagonal(whole).mean())
    for held in (kernel, by_items(rated, 5.0), by_factors(rated, 5.0, k=20)):
        vectors = like_vectors(held, 20)
        assert np.allclose(vectors @ vectors.T, whole / np.outer(root, root), atol=1e-8)


def test_every_item_has_a_place(bundled: Ratings) -> None:
    found = map_of(bundled, space_of_likes(bundled, 20), 20)
    assert found.positions.shape == (bundled.n_items, 6) and np.isfinite(found.positions).all()
    counts = bundled.by_item.counts()
    assert found.n_fitted == (counts >= 20).sum()
    shares = [axis.share for axis in found.axes]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) < 1
    for at, axis in enumerate(found.axes):
        for end in (*axis.low, *axis.high):
            code = bundled.items.code_of(end.item)
            assert end.value == pytest.approx(float(found.positions[code, at]), abs=1e-5)
            assert end.n_ratings == counts[code] >= 20
        assert len(axis.low) == len(axis.high) == ENDS
        assert axis.low[0].value <= axis.low[1].value < axis.high[1].value <= axis.high[0].value
    name, r = found.axes[0].meanings[0]
    known = counts >= 20
    values = {"log ratings": np.log(counts), "year": facets(bundled).years}.get(
        name, facets(bundled).genres.get(name)
    )
    if values is not None:
        along = found.positions[known, 0]
        assert r == pytest.approx(pearsonr(along, values[known])[0], abs=1e-3)


def test_an_item_has_the_rarest_of_its_common_genres(bundled: Ratings) -> None:
    items = mapped_items(bundled)
    code = bundled.items.code_of("1")  # Toy Story
    own = items.genres[code].split("|")
    rarest = max(items.genre_names.index(one) for one in own if one in items.genre_names)
    assert items.genre[code] == rarest and items.titles[code] == "Toy Story (1995)"
    assert items.years[code] == 1995 and items.n_ratings[code] == 247
    none = [
        at for at, text in enumerate(items.genres) if not {*text.split("|")} & {*items.genre_names}
    ]
    assert none and (items.genre[none] == len(items.genre_names)).all()


def test_too_few_items_are_refused_with_the_remedy(tmp_path: Path) -> None:
    ratings = open_ratings(write_ratings(tmp_path / "few", 30, 20, 200))
    with pytest.raises(QuestionError, match="ask for fewer ratings"):
        space_of_likes(ratings, 10_000)
    library = Library()
    found = library.answer(MapOfItems(str(ratings.path)))
    assert found.step is None and found.bias is None and len(found.positions) == ratings.n_items


def test_scores_are_in_the_order_of_the_list(bundled: Ratings) -> None:
    library, rated = Library(), (("1", 5.0), ("260", 5.0), ("2571", 4.5))
    store = str(bundled.path)
    scores = library.answer(ScoreItems(store, rated))
    listed = library.answer(ForYou(store, rated, n=30)).recommended
    shares = [float(scores.share[bundled.items.code_of(row.item)]) for row in listed]
    assert shares == sorted(shares, reverse=True) and shares[0] > 0.99
    assert scores.share.min() == 0 and scores.share.max() == 1


def test_a_run_on_other_ratings_is_refused(bundled: Ratings) -> None:
    class Other(Library):
        def trained(self, run: object, *, best: bool = False) -> object:  # type: ignore[override]
            from types import SimpleNamespace

            other = replace(bundled, fingerprint="other")
            return SimpleNamespace(ratings=other, run="it")

    with pytest.raises(QuestionError, match="not on these ratings"):
        Other().answer(MapOfItems(str(bundled.path), "run"))
