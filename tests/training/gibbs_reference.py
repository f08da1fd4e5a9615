"""The sampler once more, slowly: one dense row a rating, one weight at a time, numpy alone."""

import numpy as np

from cftui.ratings.features import Field, SparseRows, Whose
from cftui.training.gibbs.chain import NOISE_STRENGTH, Chain, Randoms
from cftui.training.gibbs.design import Design, make_design


def one_hot(name: str, of: Whose, codes: np.ndarray) -> Field:
    """Return a field of one column for each row."""
    n = len(codes)
    rows = SparseRows(np.arange(n + 1), codes.astype(np.int32), np.ones(n, np.float32))
    return Field.of_rows(name, int(codes.max()) + 1, of, rows, one_hot=True)


def sets(name: str, of: Whose, members: list[list[int]], width: int) -> Field:
    """Return a field of sets, each over the root of its size."""
    sizes = [len(one) for one in members]
    values = np.concatenate([np.full(n, n**-0.5, np.float32) for n in sizes])
    columns = np.concatenate(members).astype(np.int32)
    rows = SparseRows(np.append(0, np.cumsum(sizes)), columns, values)
    return Field.of_rows(name, width, of, rows, one_hot=False)


def small_problem(
    seed: int = 0, n: int = 60, *, timed: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Field]]:
    """Return users, items and values of n ratings, 5 users by 7 items, with fields of all kinds."""
    draw = np.random.default_rng(seed)
    user, item = draw.integers(0, 5, n), draw.integers(0, 7, n)
    values = draw.normal(3.5, 1.0, n).astype(np.float32)
    fields = [
        one_hot("user", "user", np.arange(5)),
        one_hot("item", "item", np.arange(7)),
        sets("history", "user", [sorted({*item[user == u].tolist()}) for u in range(5)], 7),
        sets("genres", "item", [[i % 3, 3] for i in range(7)], 4),
    ]
    if timed:
        fields.append(Field.of_ratings("day", 4, draw.integers(-1, 4, n).astype(np.int32)))
        fields.append(Field.of_ratings("age", 3, draw.integers(-1, 3, n).astype(np.int32)))
    return user, item, values, fields


def small_design(user: np.ndarray, item: np.ndarray, fields: list[Field]) -> Design:
    """Return the design of 5 users by 7 items."""
    codes = {field.name: field.codes for field in fields if field.of == "rating"}
    return make_design(user, item, 5, 7, fields, codes)


def dense(user: np.ndarray, item: np.ndarray, fields: list[Field]) -> np.ndarray:
    """Return the design matrix, (n, features): users' fields first, then items', then ratings'."""
    blocks = []
    for of in ("user", "item", "rating"):
        for field in fields:
            if field.of == of:
                blocks.append(_block(user, item, field))
    return np.concatenate(blocks, axis=1)


def _block(user: np.ndarray, item: np.ndarray, field: Field) -> np.ndarray:
    found = np.zeros((len(user), field.width))
    for n in range(len(user)):
        if field.of == "rating":
            if field.codes[n] >= 0:
                found[n, field.codes[n]] = 1.0
            continue
        row = (user if field.of == "user" else item)[n]
        for place in range(field.indptr[row], field.indptr[row + 1]):
            found[n, field.columns[place]] = field.values[place]
    return found


class SlowChain:
    """What `Chain` is to do, from the formulas."""

    def __init__(self, chain: Chain, x: np.ndarray, user: np.ndarray, values: np.ndarray) -> None:
        """Begin where a chain is; ratings in the chain's order."""
        s = chain.sample
        self.x, self.user, self.y = x, user, values.astype(np.float64)
        self.first = chain.design.first
        self.w0, self.w, self.v = (
            float(s.intercept[0]),
            s.linear[:-1].copy(),
            s.factors[:, :-1].copy(),
        )
        self.means, self.precisions = s.means.copy(), s.precisions.copy()
        self.noise, self.scale = s.noise.copy(), float(s.noise_scale[0])

    def predicted(self) -> np.ndarray:
        """Return all predictions, by the definition: every pair of features once."""
        found = self.w0 + self.x @ self.w
        products = self.v.T @ self.v
        for n in range(len(found)):
            outer = np.outer(self.x[n], self.x[n]) * products
            found[n] += np.triu(outer, 1).sum()
        return found

    def draw(self, randoms: Randoms, part: int) -> None:
        """Draw a part of a sweep."""
        if part == 0:
            self._draw_noise(randoms.noises)
            error, noise = self.y - self.predicted(), self.noise[self.user]
            self.w0 += (noise * error).sum() / noise.sum() + randoms.intercept / noise.sum() ** 0.5
        weights = self.w if part == 0 else self.v[part - 1]
        self._draw_priors(weights, randoms, part)
        for f in range(len(weights)):
            self._draw_weight(weights, f, part, randoms.weights[f])

    def _draw_noise(self, gammas: np.ndarray) -> None:
        squares = (self.y - self.predicted()) ** 2
        for u in range(len(self.noise)):
            rate = (NOISE_STRENGTH * self.scale + squares[self.user == u].sum()) / 2
            self.noise[u] = gammas[u] / rate
        self.scale = gammas[-1] / ((1 + NOISE_STRENGTH * self.noise.sum()) / 2)

    def _draw_priors(self, weights: np.ndarray, randoms: Randoms, part: int) -> None:
        for g in range(len(self.first) - 1):
            own = weights[self.first[g] : self.first[g + 1]]
            mean = self.means[part, g]
            rate = (1 + ((own - mean) ** 2).sum() + mean**2) / 2
            self.precisions[part, g] = precision = randoms.gammas[g] / rate
            spread = ((len(own) + 1) * precision) ** -0.5
            self.means[part, g] = own.sum() / (len(own) + 1) + spread * randoms.centres[g]

    def _draw_weight(self, weights: np.ndarray, f: int, part: int, z: float) -> None:
        g = int(np.searchsorted(self.first, f, side="right")) - 1
        mean, precision = self.means[part, g], self.precisions[part, g]
        noise, x = self.noise[self.user], self.x[:, f]
        # The derivative by the weight; the prediction without it.
        h = x if part == 0 else x * (self.x @ weights - x * weights[f])
        kept, weights[f] = weights[f], 0.0
        rest = self.y - self.predicted()
        whole = precision + (noise * h**2).sum()
        weights[f] = (precision * mean + (noise * h * rest).sum()) / whole + z / whole**0.5
        assert np.isfinite(kept)


def both(rank: int = 2, *, timed: bool = True) -> tuple[Chain, SlowChain]:
    """Return the two on one small problem."""
    user, item, values, fields = small_problem(timed=timed)
    design = small_design(user, item, fields)
    chain = Chain(design, values, rank, (3, 0))
    order = design.order
    x = dense(user, item, fields)[order]
    return chain, SlowChain(chain, x, user[order], values[order])
