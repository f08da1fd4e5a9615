"""Runs of bayes-fm: trained, watched, stopped, resumed, asked."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small import here, write_ratings

from cftui.config import ConfigError, RunConfig, make_config, merge
from cftui.explore.parts import parts_of
from cftui.explore.stars import fold
from cftui.library.door import Library
from cftui.library.trained import load_trained
from cftui.models.draws import Draws
from cftui.questions.band import MEANINGS
from cftui.questions.compiling import CompileSampler
from cftui.questions.errors import QuestionError
from cftui.questions.likes import ForYou, WhyStars
from cftui.questions.new_item import ForWhom
from cftui.questions.people import ForGroup, Person
from cftui.ratings.pairs import Pairs
from cftui.ratings.store import open_ratings
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import RunError
from cftui.runs.event_log import read_events
from cftui.runs.events import Checkpointed, Epoch, Event, Step
from cftui.runs.find import find_run
from cftui.training.engines.protocol import EngineError
from cftui.training.gibbs import kernels, rows
from cftui.training.learners import gibbs
from cftui.training.prepare import prepare
from cftui.training.signals import StopSignals
from cftui.training.start import resume_run, start_run
from cftui.tui.explore.exporting import export_list
from cftui.tui.explore.newcomer_list import newcomer_words

SWEEPS = 24


def settings(source: Path, **sections: dict[str, Any]) -> RunConfig:
    model = {"name": "bayes-fm", "fields": "all", "n_factors": 3, "chains": 2}
    given = {"training": {"epochs": SWEEPS}, "method": {"burn_in": 4}}
    whole = {"data": {"source": str(source)}, "model": model, **given}
    return make_config(merge(whole, sections))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ratings(tmp_path_factory.mktemp("ratings") / "small", 60, 80, 2500)


def trained(source: Path, run_id: str, **sections: dict[str, Any]) -> list[Event]:
    heard: list[Event] = []
    start_run(settings(source, **sections), heard.append, run_id=run_id, began=0.0)
    return heard


def test_a_run_is_a_run_like_any_other(source: Path) -> None:
    heard = trained(source, "r")
    run = find_run("r")
    record = run.record()
    assert record.state == "finished" and record.step == SWEEPS * 4
    epochs = [event for event in heard if isinstance(event, Epoch)]
    assert len(epochs) == SWEEPS
    last = epochs[-1]
    assert record.baselines is not None and last.valid_mse is not None
    assert last.valid_mse < record.baselines["biases"]
    assert last.draw_mse is not None and last.draw_mse < record.baselines["biases"]
    assert last.noise is not None and 0.05 < last.noise < 0.3
    assert all(event.learning_rate is None for event in heard if isinstance(event, Step))
    # Checkpoints when they are due, not after every sweep; the last one is of the last step.
    written = [event.step for event in read_events(run.events) if isinstance(event, Checkpointed)]
    assert written[-1] == SWEEPS * 4 and len(written) < SWEEPS
    assert not run.best.exists()
    told = tomllib.loads((run.path / "config.toml").read_text())
    assert told["method"] == {"name": "gibbs", "burn_in": 4} and "optimizer" not in told
    assert here("runs", "show", "r") == 0


def test_what_it_predicts_is_the_mean_of_its_draws_with_bands(source: Path) -> None:
    trained(source, "r")
    run = find_run("r")
    found = load_trained(run)
    assert isinstance(found.scorer, Draws)
    assert len(found.scorer.intercepts) == 2 * (SWEEPS - 4)
    positions = found.split.valid
    ratings = found.ratings
    pairs = Pairs(ratings.user[positions], ratings.item[positions], positions)
    predicted = found.scorer.score(pairs)
    clipped = np.clip(predicted, ratings.low, ratings.high)
    mse = float(((clipped - ratings.value[positions]) ** 2).mean())
    # Every sweep after the burn-in is kept here, so that nothing but float16 is lost.
    epochs = [event for event in read_events(run.events) if isinstance(event, Epoch)]
    assert mse == pytest.approx(epochs[-1].valid_mse_clipped, abs=2e-4)
    band = found.bands(pairs)
    assert band is not None
    low, high = band.low, band.high
    assert (low <= clipped).all() and (clipped <= high).all()
    inside = (low <= ratings.value[positions]) & (ratings.value[positions] <= high)
    assert 0.7 < inside.mean() < 0.95
    assert band.words == ("80 %" if 0.76 <= inside.mean() <= 0.86 else "as drawn"), inside.mean()
    alone = Pairs(pairs.users[:5], pairs.items[:5])
    assert not np.array_equal(found.scorer.score(alone), predicted[:5])  # no time is known
    assert ratings.timestamp is not None
    then = replace(alone, times=np.asarray(ratings.timestamp[positions[:5]]))
    np.testing.assert_array_equal(found.scorer.score(then), predicted[:5])
    of_all = found.scorer.score_all_items(3)
    every = found.scorer.score(Pairs.of_user(3, np.arange(80)))
    np.testing.assert_allclose(of_all, every, atol=2e-6)
    part = pairs[:1]
    parts = parts_of(found, part)
    assert parts is not None and parts.told.startswith("mean of 40 draws")
    assert parts.predicted == pytest.approx(float(predicted[0]), abs=2e-6)
    user, item = int(part.users[0]), int(part.items[0])
    rows = found.scorer.users[:, user, 1:], found.scorer.items[:, item, 1:]
    both = np.mean([float(a @ b) for a, b in zip(*rows, strict=True)])
    assert {p.words: p.value for p in parts.parts}["the user's × the item's"] == pytest.approx(both)
    with pytest.raises(RunError, match="its draws are averaged; leave --best out"):
        load_trained(run, best=True)


def test_somebody_new_gets_stars_with_bands_that_narrow(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trained(source, "r")
    library = Library()
    found = library.trained(find_run("r").path)
    ratings, store = found.ratings, str(found.ratings.path)
    person = 5
    own = ratings.by_user.of(person)[:30]
    rated = tuple(
        (ratings.items.id_of(int(ratings.item[place])), float(ratings.value[place]))
        for place in own.tolist()
    )
    widths = []
    for n in (0, 2, 30):
        answer = library.answer(ForYou(store, rated[:n], found.path, n=20))
        assert not answer.no_stars and answer.spread is None and not answer.flat
        bands = [row.band for row in answer.recommended if row.band is not None]
        # A newcomer's are called as the run's own, of which held-out ratings tell.
        assert len(bands) == 20 and bands[0].words == found.drawn_words
        widths.append(np.mean([band.high - band.low for band in bands]))
    assert widths[0] > widths[1] > widths[2]
    assert all(row.band is not None and row.predicted is not None for row in answer.rated)
    export_list(Path("my.csv"), answer.recommended[:1])
    told = Path("my.csv").read_text().splitlines()
    assert told[0].split(",")[5:8] == ["predicted", "low", "high"] and bands[0] is not None
    assert told[1].split(",")[-3:-1] == [f"{bands[0].low:.4f}", f"{bands[0].high:.4f}"]
    club = (Person("a", rated[:9]), Person("b", rated[9:]))
    both = library.answer(ForGroup(store, club, found.path, n=4)).recommended
    assert all(view.band is not None for row in both for view in row.views)
    # Who is in the data gets about what they get as a newcomer with the same ratings.
    train = np.setdiff1d(ratings.by_user.of(person), found.split.valid)
    newcomer = fold(found, ratings.item[train], ratings.value[train], 3.0).score_all_items(0)
    assert np.corrcoef(newcomer, found.scorer.score_all_items(person))[0, 1] > 0.9
    words = newcomer_words(answer, "me", learning=False, weight=3.0, narrow=False)
    meaning = MEANINGS[found.drawn_words]
    assert f"your factors drawn in each of the run's draws. ±: {meaning}" in words
    with pytest.raises(QuestionError, match="mean over draws of your own factors"):
        library.answer(WhyStars(found.path, rated[0][0], rated))
    asked = ForWhom(store, ratings=((ratings.users.id_of(1), 4.0),), run=found.path)
    assert "takes in no new item" in library.answer(asked).no_run


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Stop a run before its steps of these numbers, one step at a time."""
    at: list[int] = []
    usual = gibbs.GibbsLearner.advance

    done = 0

    def advance(self: gibbs.GibbsLearner, steps: int) -> Any:
        nonlocal done
        report = usual(self, 1)
        done = self._sweep * self.steps_per_epoch + self._part
        return report

    monkeypatch.setattr(gibbs.GibbsLearner, "advance", advance)
    monkeypatch.setattr(StopSignals, "__call__", lambda self: done in at)
    yield at


def test_a_chain_goes_on_bit_for_bit(source: Path, stopping: list[int]) -> None:
    trained(source, "whole")
    # In the burn-in, amid a sweep, at a sweep's end, amid a later one.
    stopping += [6, 28, 61]
    trained(source, "part")
    part = find_run("part")
    for step in list(stopping):
        assert part.record().state == "stopped" and part.record().step == step
        stopping.remove(step)
        resume_run(part, lambda _: None, began=0.0)
    assert part.record().state == "finished"
    whole = load_checkpoint(find_run("whole").last).arrays
    rest = load_checkpoint(part.last).arrays
    assert whole.keys() == rest.keys()
    for name, array in whole.items():
        assert array.tobytes() == rest[name].tobytes(), name
    first, second = (
        [
            (e.valid_mse, e.recall, e.ndcg)
            for e in read_events(find_run(r).events)
            if isinstance(e, Epoch)
        ]
        for r in ("whole", "part")
    )
    assert first == second[-len(first) :] or sorted(set(second), key=second.index) == first


def test_chains_depend_on_their_number_alone(source: Path) -> None:
    """Two chains are one with another beside it, whatever they ran on."""
    trained(source, "one", model={"chains": 1}, training={"epochs": 3})
    trained(source, "two", training={"epochs": 3, "threads": 1})
    one, two = (load_checkpoint(find_run(name).last).arrays for name in ("one", "two"))
    for name in ("linear", "factors", "noise", "error"):
        assert np.array_equal(one[f"state/chain0/{name}"], two[f"state/chain0/{name}"])
        assert not np.array_equal(two[f"state/chain1/{name}"], two[f"state/chain0/{name}"])


def test_where_nothing_is_held_out(source: Path) -> None:
    heard = trained(source, "all", split={"kind": "none"}, training={"epochs": 3})
    epochs = [event for event in heard if isinstance(event, Epoch)]
    assert epochs[-1].valid_mse is None and epochs[-1].draw_mse is None
    assert epochs[-1].noise is not None
    found = load_trained(find_run("all"))
    assert len(found.scorer.score_all_items(0)) == 80
    bands = found.bands(Pairs(np.array([0]), np.array([1])))
    assert bands is not None and bands.words == "as drawn"
    library = Library()
    rated = ((library.trained(found.path).ratings.items.id_of(3), 4.0),)
    answer = library.answer(ForYou(str(found.ratings.path), rated, found.path, n=5))
    assert {row.band.words for row in answer.recommended if row.band} == {"as drawn"}


def test_without_numba_it_says_what_to_do(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.raises(EngineError, match=r"needs the package numba .*pip install numba"):
        trained(source, "none")
    with pytest.raises(RunError):
        find_run("none")


def test_once_the_sampler_is_warm_a_run_compiles_nothing(source: Path) -> None:
    """Both call each function with arguments of the same types, for which it is compiled once."""
    Library().answer(CompileSampler(str(open_ratings(source).path)))
    trained(source, "r", training={"epochs": 2})
    every = [one for room in (kernels, rows) for one in vars(room).values()]
    counts = [len(one.signatures) for one in every if hasattr(one, "nopython_signatures")]
    # Those that others call alone are compiled within these.
    assert set(counts) <= {0, 1} and sum(counts) >= 7


def test_its_settings(tmp_path: Path) -> None:
    config = make_config({"model": "bayes-fm"})
    assert (config.method.name, config.training.epochs) == ("gibbs", 200)
    assert 1 <= config.model.chains <= 3  # type: ignore[attr-defined]
    assert make_config(config.to_settings()) == config
    assert json.loads(json.dumps(config.to_settings())) == config.to_settings()
    usual = RunConfig().to_settings()
    there = make_config(merge(usual, {"model": {"name": "bayes-fm"}}))
    assert (there.method.name, there.training.epochs) == ("gibbs", 200)
    assert make_config(merge(there.to_settings(), {"model": {"name": "dot-bias"}})) == RunConfig()
    with pytest.raises(ConfigError, match="bayes-fm is trained by gibbs"):
        make_config({"model": "bayes-fm", "method": "gradient-descent"})
    with pytest.raises(ConfigError, match="gibbs trains bayes-fm alone"):
        make_config({"model": "dot-bias", "method": "gibbs"})
    with pytest.raises(ConfigError, match="it takes no optimizer"):
        make_config({"model": "bayes-fm", "optimizer": "adam"})


def test_lists_are_judged_by_the_mean_that_predicts(source: Path) -> None:
    """What an epoch's recall and NDCG are of, against the ended run's own predictions."""
    trained(source, "r")
    found = load_trained(find_run("r"))
    learner = prepare(found.config, found.ratings, begin=gibbs.begin_gibbs).learner
    users, others = np.array([3, 17, 58]), np.array([5])
    for sweep in range(SWEEPS):
        while not learner.advance(1).epoch_done:
            pass
        told = learner.score_all_items(users)
        if sweep % 5 == 0:  # seldom, so that they are forgotten between
            learner.score_all_items(others)
    for group, predicted in ((users, told), (others, learner.score_all_items(others))):
        expected = [found.scorer.score_all_items(user) for user in group.tolist()]
        np.testing.assert_allclose(predicted, expected, atol=1e-5)
