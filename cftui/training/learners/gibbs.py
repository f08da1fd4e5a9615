"""Learning by Gibbs sampling: sweeps in place of epochs, draws in place of one set of weights."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cftui.config import RunConfig
from cftui.hyperparameters import BayesFm
from cftui.hyperparameters.methods import Gibbs
from cftui.hyperparameters.models import usual_chains
from cftui.models.draws import Draws, own_codes
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines.protocol import Arrays, EngineError
from cftui.training.learners.protocol import Place, Report

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass
    from cftui.training.gibbs.chain import Chain
    from cftui.training.gibbs.design import Design
    from cftui.training.gibbs.rows import DrawRows

NO_NUMBA = (
    "model bayes-fm is sampled by compiled code, which needs the package numba ({why});"
    " install it: pip install numba; or choose the model fm, which learns the same features"
)


def begin_gibbs(
    config: RunConfig,
    ratings: TrainingRatings,
    custom: "CustomClass | None" = None,
    *,
    threads: int = 0,
) -> "GibbsLearner":
    """Return a learner before its first sweep; raises EngineError where numba is not there."""
    refuse_for_gibbs(config.training.device)
    return GibbsLearner(config, ratings, threads)


def refuse_for_gibbs(device: str) -> None:
    """Raise EngineError, with the remedy, for another device, and where numba is not there."""
    if device not in ("auto", "cpu"):
        raise EngineError(
            f"training.device = {device!r}: bayes-fm draws one weight after the other, which a CPU"
            " does best; leave the device out"
        )
    try:
        import numba  # noqa: F401
    except Exception as error:  # one that does not fit numpy fails in its own ways
        raise EngineError(NO_NUMBA.format(why=error)) from None


class GibbsLearner:
    """Several chains side by side, each on a thread: their kernels run without Python's lock."""

    device = "cpu"
    base_rate = None

    def __init__(self, config: RunConfig, ratings: TrainingRatings, threads: int = 0) -> None:
        """Lay the ratings out and put every chain before its first sweep."""
        from cftui.training.gibbs.chain import Chain
        from cftui.training.gibbs.kept import KeptDraws
        from cftui.training.gibbs.listed import ListedUsers
        from cftui.training.gibbs.watched import Watched

        model, method = config.model, config.method
        assert isinstance(model, BayesFm)
        assert isinstance(method, Gibbs)
        sweeps, seed = config.training.epochs, config.training.seed
        self._ratings = ratings
        self._design = design = _designed(ratings)
        self._chains = [
            Chain(design, ratings.value, model.n_factors, (seed, number))
            for number in range(model.chains)
        ]
        self._burn_in = min(method.burn_in, sweeps // 2)
        self._kept = KeptDraws(design, model.chains, self._burn_in, sweeps, model.n_factors)
        self._watched, self._listed = Watched(), ListedUsers()
        self.threads = threads or min(model.chains, usual_chains())
        self._pool = ThreadPoolExecutor(self.threads, "chain")
        self.parameter_count = 1 + design.n_features * (1 + model.n_factors)
        self.steps_per_epoch = self._chains[0].parts
        self._sweep, self._part = 0, 0
        self._present: tuple[tuple[int, int], Draws] | None = None
        """What the draws before the first kept one came to last, and when that was."""

    def noise(self) -> float:
        """Return the variance of the noise, averaged over the training ratings and the chains."""
        user = self._design.user
        return float(np.mean([(1 / chain.sample.noise)[user].mean() for chain in self._chains]))

    def change_rate(self, rate: float) -> None:
        """Do nothing: there is no such thing."""

    def advance(self, steps: int) -> Report:
        """Draw so many parts of a sweep in every chain, but none of the next sweep."""
        first, last = self._part, min(self._part + steps, self.steps_per_epoch)
        began = time.perf_counter()
        draw = partial(_drawn, sweep=self._sweep + 1, parts=range(first, last))
        losses = np.mean(list(self._pool.map(draw, self._chains)), axis=0)
        elapsed = time.perf_counter() - began
        done = last == self.steps_per_epoch
        self._part = 0 if done else last
        if done:
            self._sweep += 1
            self._take_in()
        counts = np.zeros(last - first, np.int64)
        counts[-1] = len(self._ratings) if done else 0  # the sweep's error is that at its end
        return Report(losses, counts, None, elapsed, done)

    def _take_in(self) -> None:
        """Take in the draws at the end of a sweep."""
        rows = self._rows()
        after = self._sweep > self._burn_in
        self._watched.take_in(rows, counts=after)
        if self._kept.is_due(self._sweep):
            self._kept.keep([chain.sample for chain in self._chains], rows)

    def _rows(self) -> "list[DrawRows]":
        """Return what the chains' present draws predict from."""
        from cftui.training.gibbs.rows import rows_of

        return list(self._pool.map(lambda c: rows_of(self._design, c.sample), self._chains))

    def watch(self, pairs: Pairs) -> None:
        """Keep the mean of all draws' predictions of these pairs from now on."""
        self._watched.watch(pairs, _codes(self._design, self._ratings.features, pairs))

    def last_draw(self) -> np.ndarray:
        """Return what the first chain's last draw predicts of the watched pairs, float32 (n,)."""
        return self._watched.last.astype(np.float32)

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32, shape (n,): the mean of draws since the burn-in.

        Of all of them for the watched pairs, of the kept ones for others.
        """
        if self._watched.has(pairs) and self._sweep:
            return self._watched.mean().astype(np.float32)
        return self._draws(since=0).score(pairs)

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        """Return users' predicted ratings of every item, float32, shape (len(users), n_items).

        The kept draws' mean, as the run will predict once it has ended; before the first of them
        that of the chains' present draws.
        """
        return self._listed.mean(users, len(self._kept), self._draws)

    def _draws(self, since: int) -> Draws:
        """Return the kept draws but so many of the first; before any those the chains are at."""
        place = self._sweep, self._part
        if len(self._kept) or self._present is None or self._present[0] != place:
            info, samples = self._ratings.info, [chain.sample for chain in self._chains]
            tables = self._kept.tables(samples, since)
            made = Draws.from_tables(tables, info.low, info.high, features=self._ratings.features)
            self._present = place, made
        return self._present[1]

    def parameters(self) -> dict[str, np.ndarray]:
        """Return the kept draws; before the first those that the chains are at."""
        return self._kept.tables([chain.sample for chain in self._chains])

    def state(self) -> dict[str, np.ndarray]:
        """Return each chain's present draw, and the sums of the watched pairs."""
        chains = {
            f"chain{number}/{name}": array.copy()
            for number, chain in enumerate(self._chains)
            for name, array in chain.sample.arrays().items()
        }
        return {**chains, "watched/sums": self._watched.sums.copy()}

    def place(self) -> Place:
        """Return the sweep, the parts done in the next, and how many draws stand where."""
        return {
            "sweep": self._sweep,
            "part": self._part,
            "kept": len(self._kept),
            "averaged": self._watched.count,
        }

    def restore(self, parameters: Arrays, state: Arrays, place: Place) -> None:
        """Go back to what the three returned. Raises KeyError or ValueError."""
        sweep, part, kept, averaged = (
            int(place[key]) for key in ("sweep", "part", "kept", "averaged")
        )
        for number, chain in enumerate(self._chains):
            prefix = f"chain{number}/"
            chain.sample.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )
        self._kept.restore(parameters, kept)
        self._watched.restore(state["watched/sums"], averaged)
        self._sweep, self._part = sweep, part
        self._present = None


def _drawn(chain: "Chain", sweep: int, parts: Iterable[int]) -> list[float]:
    """Draw some parts of a chain's sweep; return the mean squared error after each."""
    return [chain.draw(chain.randoms(sweep, part), part) for part in parts]


def _designed(ratings: TrainingRatings) -> "Design":
    from cftui.training.gibbs.design import make_design

    features, info = ratings.features, ratings.info
    assert features is not None
    assert ratings.positions is not None
    codes = features.codes_of(ratings.positions)
    return make_design(
        ratings.user, ratings.item, info.n_users, info.n_items, features.fields, codes
    )


def _codes(design: "Design", features: Features | None, pairs: Pairs) -> np.ndarray:
    """Return pairs' rows of `DrawRows.own`, int32 (fields of ratings, n)."""
    codes = own_codes(features, pairs)
    if codes is None:
        codes = np.full((len(design.names) - design.n_of_sides, len(pairs)), -1, np.int32)
    return design.rows_of_own(codes)
