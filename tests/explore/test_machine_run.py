"""A factorization machine's run, asked what any run is asked."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import here, small_config, write_ratings

import cftui
from cftui import paths
from cftui.explore.cells import predict_cells
from cftui.explore.check import check
from cftui.explore.predict import predict, predict_held_out, predict_ids, predict_valid
from cftui.explore.profiles import explore_item, explore_user
from cftui.explore.recommend import recommend
from cftui.explore.stars import cannot_take_in, run_for_stars
from cftui.explore.when import time_of
from cftui.library import features as kept_features
from cftui.library.bands import ManyMembers
from cftui.library.door import Library
from cftui.library.trained import Trained, load_trained
from cftui.questions.covered import coverage_lines
from cftui.questions.errors import QuestionError
from cftui.questions.likes import WhyStars
from cftui.questions.parts import PredictionParts, parts_lines
from cftui.questions.sheet import CellOfRun, Labels
from cftui.questions.trained import Predict
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.runs.events import Event
from cftui.runs.find import find_run
from cftui.training.start import start_run

DOTS = "dot-bias or dot"
NOBODY_NEW = "{} takes in nobody new: choose a run of dot-bias, dot or bayes-fm"


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


@pytest.fixture
def library() -> Library:
    return Library()


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
    assert found is None
    assert why == cannot_take_in("fm") == NOBODY_NEW.format("fm")
    assert cannot_take_in("/far/away/mine.py:Mine") == NOBODY_NEW.format("Mine")
    assert cannot_take_in("fm", drawn=False) == "fm takes in no new item: choose a run of " + DOTS


def test_it_tells_how_sure_it_is_wherever_it_predicts(trained: Trained, library: Library) -> None:
    """Mean -+ 1.28 times the root of members' variance and the user's noise."""
    ratings, place = trained.ratings, int(trained.split.valid[0])
    user, item = int(ratings.user[place]), int(ratings.item[place])
    pairs = Pairs(np.array([user]), np.array([item]), np.array([place]))
    noise = trained.member_noise
    assert noise is not None and noise.words == "80 %" and isinstance(trained.scorer, ManyMembers)
    mean, spread = float(trained.scorer.score(pairs)[0]), trained.scorer.spread(pairs)
    assert spread is not None
    half = 1.2815516 * math.sqrt(float(spread[0]) ** 2 + float(noise.of(pairs)[0]))
    expected = pytest.approx((max(mean - half, 0.5), min(mean + half, 5.0)), abs=1e-4)
    found = predict(trained, user, item).band
    assert found is not None and (found.low, found.high) == expected and found.words == "80 %"
    own = explore_user(trained, user, 5)
    rated = next(row for row in own.rated if row.item == ratings.items.id_of(item))
    assert rated.band == found
    listed = own.recommended[2]
    code = ratings.items.code_of(listed.item)
    assert listed.band == predict(trained, user, code).band  # never rated: no time is known
    held = predict_held_out(trained)
    assert held.bands is not None and held.bands[0] == found
    value = ratings.value[trained.split.valid]
    inside = (held.bands.low <= value) & (value <= held.bands.high)
    assert 0.7 < inside.mean() < 0.9
    names = ratings.users.id_of(user), ratings.items.id_of(item)
    parts = library.answer(CellOfRun(trained.path, *names))
    assert isinstance(parts, PredictionParts) and parts.band == found
    assert parts.predicted == pytest.approx(mean, abs=5e-6)
    assert parts.actual == ratings.value[place]
    sizes = [abs(part.value) for part in parts.parts]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) > 30
    total = parts.base + sum(part.value for part in parts.parts)
    assert total == pytest.approx(parts.predicted, abs=1e-9)
    assert library.answer(WhyStars(trained.path, names[1], user=names[0])).parts == parts
    friends = explore_item(trained, item, "cosine", 5, 1)
    rater = next(iter(friends.fans))
    assert rater.band == predict(trained, ratings.users.code_of(rater.user), item).band
    would = friends.would_like[1]
    assert would.band == predict(trained, ratings.users.code_of(would.user), item).band
    stranger = predict_ids(trained, [names[0], "nobody"], [names[1], names[1]]).bands
    assert stranger is not None and stranger[0] == found and np.isnan(stranger.high[1])


def test_a_check_counts_what_is_within_the_bands(trained: Trained) -> None:
    """Overall, and by quarter of users' and items' training ratings."""
    answer = check(trained, 10, lambda *told: None)
    covered, ratings = answer.coverage, trained.ratings
    held = predict_held_out(trained)
    assert covered is not None and covered.words == "80 %" and held.bands is not None
    inside = (held.bands.low <= held.actual) & (held.actual <= held.bands.high)
    assert covered.inside == pytest.approx(np.count_nonzero(inside) / 300)
    assert covered.width == pytest.approx(float((held.bands.high - held.bands.low).mean()))
    worst = answer.worst[3]
    place = ratings.users.code_of(worst.user), ratings.items.code_of(worst.item)
    assert worst.band == predict(trained, *place).band
    for parts, codes in (
        (covered.by_activity, ratings.user),
        (covered.by_popularity, ratings.item),
    ):
        counts = np.bincount(codes[trained.split.train], minlength=80)[codes[trained.split.valid]]
        assert sum(part.n for part in parts) == 300 and 2 <= len(parts) <= 4
        for part in parts:
            low, high = part.training
            among = (low <= counts) & (counts <= high)
            assert among.sum() == part.n
            assert part.inside == pytest.approx(inside[among].mean())
    lines = coverage_lines(covered)
    assert lines[0].startswith(f"80 % bands hold {covered.inside:.1%} of the held-out ratings")
    assert f"{covered.by_popularity[-1].inside:.1%}" in lines[2]


def test_files_of_predictions_have_the_ends_of_bands(
    trained: Trained,
    library: Library,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(Path(trained.path).parents[2]))
    found = predict_held_out(trained).bands
    assert found is not None
    for ending in (".csv", ".parquet", ".json"):
        out = tmp_path / f"held{ending}"
        words = ["predict", "--split", "valid", "--out", str(out), "--run", "m"]
        assert here(*words) == 0
        read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".json": pd.read_json}[ending]
        frame = read(out)
        assert list(frame) == ["user", "item", "rating", "prediction", "low", "high"]
        np.testing.assert_allclose(frame.low, found.low, rtol=1e-6)
        np.testing.assert_allclose(frame.high, found.high, rtol=1e-6)
    assert "low and high are the ends of a band that 80 %" in capsys.readouterr().out
    user, item = trained.ratings.users.id_of(3), trained.ratings.items.id_of(4)
    assert here("predict", "--user", user, "--item", item, "--run", "m") == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert re.match(rf"\d\.\d ± \d\.\d \(80 %\) for item {item} ", told)
    assert here("predict", "--user", user, "--item", item, "--run", "m", "--why") == 0
    parts = library.answer(CellOfRun(trained.path, user, item))
    assert isinstance(parts, PredictionParts)
    assert "\n".join(parts_lines(parts, 15)) in capsys.readouterr().out
    one = ["predict", "--user", user, "--item", item, "--run", "m"]
    assert here(*one, "--at", "2018-05-03") == 0 and here(*one, "--at", "soon") != 0
    assert "'soon' is no time" in capsys.readouterr().err
    assert here("predict", "--split", "valid", "--out", "x.csv", "--at", "2018-05-03") == 2


def test_python_has_the_ends_of_bands(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell has them: of a pair that is rated as of then."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(Path(trained.path).parents[2]))
    run, held = cftui.open_run("m"), predict_held_out(trained)
    pairs = pd.DataFrame({"user": [*held.users[:9], "nobody"], "item": [*held.items[:9], "1"]})
    told = run.predict(pairs)
    assert list(told) == ["user", "item", "prediction", "low", "high"]
    assert told.iloc[9, 2:].isna().all() and held.bands is not None
    np.testing.assert_allclose(told.prediction[:9], held.predicted[:9], rtol=1e-6)
    np.testing.assert_allclose(told.low[:9], held.bands.low[:9], rtol=1e-6)
    np.testing.assert_allclose(told.high[:9], held.bands.high[:9], rtol=1e-6)
    best = run.recommend(held.users[0], n=3)
    then = run.predict(pairs, when=datetime(2018, 5, 3))
    expected = predict_ids(trained, held.users[:9], held.items[:9], 1_525_305_600)
    np.testing.assert_array_equal(then.prediction[:9], expected.predicted)
    assert list(best)[3:7] == ["score", "prediction", "low", "high"]
    assert (best.low <= best.prediction).all() and (best.prediction <= best.high).all()


def test_a_pair_may_be_asked_about_as_of_a_time(trained: Trained, library: Library) -> None:
    """As of the time of a rating it is that rating's prediction; without one, as lists are made."""
    ratings, place = trained.ratings, int(trained.split.valid[0])
    assert ratings.timestamp is not None
    user, item, then = (int(a[place]) for a in (ratings.user, ratings.item, ratings.timestamp))
    other = int(next(i for i in range(80) if i not in ratings.item[ratings.by_user.of(user)]))
    as_rated = predict(trained, user, item)
    assert predict(trained, user, item, then) == as_rated and as_rated.knows_when
    assert predict(trained, user, item, then + 10**8).predicted != as_rated.predicted
    usual, asked = predict(trained, user, other), predict(trained, user, other, then)
    listed = float(trained.scorer.score_all_items(user)[other])
    assert usual.predicted == pytest.approx(listed, abs=1e-5)
    assert asked.predicted != usual.predicted and asked.band != usual.band
    told = np.datetime64(then, "s").astype(str)
    names = ratings.users.id_of(user), ratings.items.id_of(other)
    assert library.answer(Predict(trained.path, *names, told)) == asked
    parts = library.answer(CellOfRun(trained.path, *names, told))
    assert isinstance(parts, PredictionParts)
    assert parts.predicted == pytest.approx(asked.predicted, abs=5e-6)
    assert any("since-first" in p.words and "not known" not in p.words for p in parts.parts)
    reasons = WhyStars(trained.path, names[1], user=names[0], when=told)
    assert library.answer(reasons).parts == parts
    held = predict_ids(trained, [names[0]], [names[1]], then)
    assert held.predicted[0] == np.float32(asked.predicted)


def test_times_in_words(trained: Trained) -> None:
    for words, seconds in (
        ("2001-09-09T01:46:40", 10**9),
        ("2001-09-09 03:46:40+02:00", 10**9),
        ("1970-01-02", 86_400),
        (" ", None),
    ):
        assert time_of(trained, words) == seconds
    with pytest.raises(QuestionError, match=r"'yesterday' is no time: write a day as 2018-05-03"):
        time_of(trained, "yesterday")
    timeless = replace(trained, scorer=Members())
    assert time_of(timeless, "") is None
    with pytest.raises(QuestionError, match=r"fm of m knows nothing of when.*model\.fields=all"):
        time_of(timeless, "2018-05-03")


class Members:
    """Predicts as a machine that reads no features."""

    def score(self, pairs: Pairs) -> np.ndarray:
        return np.zeros(len(pairs), np.float32)

    def score_all_items(self, user: int) -> np.ndarray:
        raise NotImplementedError


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
            for mapped in (getattr(old, part), getattr(new, part)):  # shared, not one's own
                assert not mapped.flags.writeable and not mapped.flags.owndata
    ratings = trained.ratings
    assert ratings.timestamp is not None
    pairs = ratings.user[:50], ratings.item[:50], np.asarray(ratings.timestamp[:50])
    told, expected = again.codes_at(*pairs), made.codes_at(*pairs)
    assert all((told[name] == expected[name]).all() for name in expected)
    other = replace(ratings, items=replace(ratings.items, genres_column=None))
    with pytest.raises(NameError, match="features_of"):
        known(other, split, names)  # other titles, other features
