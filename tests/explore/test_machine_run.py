"""A factorization machine's run, asked what any run is asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import small_config, write_ratings

from cftui import paths
from cftui.explore.cells import predict_cells
from cftui.explore.predict import predict, predict_valid
from cftui.explore.profiles import explore_item, explore_user
from cftui.explore.recommend import recommend
from cftui.explore.stars import run_for_stars
from cftui.library import features as kept_features
from cftui.library.door import Library
from cftui.library.trained import Trained, load_trained
from cftui.questions.sheet import Labels
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.runs.events import Event
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Event, Trained]]:
    folder = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=60, items=80, n=1500)
        config = small_config(source, model={"name": "fm", "fields": "all", "members": 2})
        end = start_run(config, lambda _: None, run_id="m", began=0.0)
        yield end, load_trained(find_run("m"))


@pytest.fixture
def trained(ended: tuple[Event, Trained]) -> Trained:
    return ended[1]


def test_held_out_ratings_are_predicted_with_their_times(ended: tuple[Event, Trained]) -> None:
    end, trained = ended
    positions, predicted = predict_valid(trained)
    ratings = trained.ratings
    error = float(((predicted - ratings.value[positions]).astype(np.float64) ** 2).mean())
    assert end.valid_mse == pytest.approx(error, rel=1e-5)  # type: ignore[attr-defined]
    timeless = trained.scorer.score(Pairs(ratings.user[positions], ratings.item[positions]))
    assert (timeless != predicted).mean() > 0.9


def test_it_is_asked_as_any_run(trained: Trained) -> None:
    ratings, place = trained.ratings, int(trained.split.valid[0])
    user, item = int(ratings.user[place]), int(ratings.item[place])
    pair = Pairs(np.array([user]), np.array([item]), np.array([place]))
    expected = pytest.approx(float(trained.scorer.score(pair)[0]), abs=1e-5)
    assert predict(trained, user, item).predicted == expected
    names = ratings.users.id_of(user), ratings.items.id_of(item)
    own = explore_user(trained, user, 5).rated
    assert next(r.predicted for r in own if r.item == names[1]) == expected
    assert predict_cells(trained, Labels((names[0],), (names[1],), ("",))).values[0, 0] == expected
    assert len(recommend(trained, user, 5)) == 5
    assert "no item factors" in explore_item(trained, item, "cosine", 5, 1).no_neighbours
    found, why = run_for_stars(Library(), trained.path, ratings)
    assert found is None and "fm cannot take in somebody new" in why


def test_features_that_take_long_are_kept(
    trained: Trained, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_features, "WORTH_KEEPING", 0.0)
    known = kept_features.known_features.__wrapped__
    names, split = trained.config.model.reads, trained.config.split
    made: Features = known(trained.ratings, split, names)
    monkeypatch.delattr(kept_features, "features_of")  # nothing is counted again
    again: Features = known(trained.ratings, split, names)
    assert (again.names, again.absent, again.mean) == (made.names, made.absent, made.mean)
    for old, new in zip(made.fields, again.fields, strict=True):
        assert (old.width, old.of, old.one_hot) == (new.width, new.of, new.one_hot)
        for part in kept_features.ARRAYS:
            assert getattr(old, part).tobytes() == getattr(new, part).tobytes()
    ratings = trained.ratings
    assert ratings.timestamp is not None
    pairs = ratings.user[:50], ratings.item[:50], np.asarray(ratings.timestamp[:50])
    told, expected = again.codes_at(*pairs), made.codes_at(*pairs)
    assert all((told[name] == expected[name]).all() for name in expected)
    other = replace(ratings, items=replace(ratings.items, genres_column=None))
    with pytest.raises(NameError, match="features_of"):
        known(other, split, names)  # other titles, other features
