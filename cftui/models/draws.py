"""Predictions of a Bayesian factorization machine from kept draws, with numpy alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cftui.models.summed import FieldSums, SummedPrediction
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import IDENTITY, RatingUnit

Array = np.ndarray
NORMAL_80 = 1.2815515655446004
"""Standard deviations on both sides of the mean that hold 80 % of a normal distribution."""
NOISE_STRENGTH = 10.0
"""Ratings that the noise of all users counts for in one user's own."""
AT_ONCE = 65_536
FEW = 3
"""Draws of which what predicts every item stays at hand."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of all that predictions need; each row is what counts alone, then the factors.

    A prediction is the sum of the intercept, all first columns, and the products of the factors of
    every two rows: the user's, the item's, and those of the rating's own features.
    """

    intercepts: Array
    """Shape (draws,)."""
    users: Array
    """Shape (draws, n_users, 1 + rank); so `items`."""
    items: Array
    own: Array
    """Of the ratings' own features, field by field, then a row a field for what is not known."""
    variances: Array
    """Of each user's noise, averaged over the draws; shape (n_users,), in squared units."""
    first_own: Array
    """Where each field of ratings begins in `own`, and the last ends; shape (fields + 1,)."""
    low: float
    """Of the ratings, as `high`, in rating units."""
    high: float
    unit: RatingUnit = IDENTITY
    """What the model was trained in."""
    features: Features | None = None
    """What is known of the ratings that pairs name the positions of."""

    @classmethod
    def from_tables(
        cls,
        tables: Mapping[str, Array],
        low: float,
        high: float,
        unit: RatingUnit | None = None,
        features: Features | None = None,
    ) -> "Draws":
        """Take a checkpoint's tables; raises KeyError or ValueError where they do not fit."""
        names = ("draw_users", "draw_items", "draw_ratings")
        users, items, own = (tables[name].astype(np.float32) for name in names)
        intercepts, first = tables["draw_intercepts"], tables["first_of_ratings"]
        if not len(intercepts) or {len(users), len(items), len(own)} != {len(intercepts)}:
            raise ValueError("its draws are not equally many")
        if own.shape[1] != first[-1] + len(first) - 1:
            raise ValueError(f"draw_ratings has shape {own.shape}")
        return cls(
            intercepts,
            users,
            items,
            own,
            tables["draw_variances"].mean(axis=0, dtype=np.float64),
            first,
            low,
            high,
            unit or IDENTITY,
            features,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of users and items."""
        return self.users.shape[1], self.items.shape[1]

    def score(self, pairs: Pairs) -> Array:
        """Return the draws' mean prediction, float32 (n,), in rating units."""
        return self.unit.to_ratings(self.moments(pairs)[0].astype(np.float32))

    def score_all_items(self, user: int) -> Array:
        """Return one user's predicted ratings of every item, shape (n_items,)."""
        sums = self.add_all_items(np.array([user]), np.zeros((1, self.items.shape[1])))
        return self.unit.to_ratings((sums[0] / len(self.intercepts)).astype(np.float32))

    def add_all_items(self, users: Array, sums: Array) -> Array:
        """Add what each draw in turn predicts of every item to `sums`, and return them.

        Shape (len(users), n_items), in the unit, as of now.
        """
        few = len(self.intercepts) <= FEW
        for of_draw, item_side in zip(
            self.users, self._item_sides if few else self._each_item_side(), strict=True
        ):
            user = of_draw[users]
            # One product adds up all: what counts alone is multiplied by ones.
            left = np.column_stack((user, np.ones(len(user)))).astype(sums.dtype)
            sums += left @ item_side.astype(sums.dtype).T
        return sums

    @cached_property
    def _item_sides(self) -> list[Array]:
        """Return all draws' item sides, for who asks about a few users at a time."""
        return list(self._each_item_side())

    def _each_item_side(self) -> Iterator[Array]:
        """Yield what a user's row and a one are multiplied by: (n_items, rank + 2) a draw."""
        places = self._places(Pairs.of_user(0, np.arange(self.items.shape[1])))
        nothing = np.zeros_like(self.items[0])
        for draw, intercept in enumerate(self.intercepts.tolist()):
            item, own = self.items[draw], nothing
            alone = item[:, 0].astype(np.float64) + intercept
            if len(places):
                own = self.own[draw][places].sum(axis=0)
                alone += self._of_own(self.own[draw], places, item)
            yield np.column_stack((np.ones(len(item)), (item + own)[:, 1:], alone))

    def interval(self, pairs: Pairs) -> tuple[Array, Array]:
        """Return the ends of each pair's 80 % band, float32 (n,), in rating units.

        Mean -+ 1.28 times the root of the draws' spread and the user's noise together.
        """
        mean, spread = self.moments(pairs)
        half = NORMAL_80 * np.sqrt(spread + self.variances[pairs.users])
        low, high = (
            np.clip(self.unit.to_ratings(end.astype(np.float32)), self.low, self.high)
            for end in (mean - half, mean + half)
        )
        return low, high

    def moments(self, pairs: Pairs) -> tuple[Array, Array]:
        """Return mean and variance over the draws, float64 (n,), in the unit."""
        n = len(pairs)
        sums, squares, first = np.zeros(n), np.zeros(n), np.zeros(n)
        for start in range(0, n, AT_ONCE):
            part = slice(start, min(start + AT_ONCE, n))
            for draw, found in enumerate(self._each(pairs[part])):
                if draw == 0:
                    first[part] = found  # what squares are taken around, so that none cancel
                sums[part] += found - first[part]
                squares[part] += (found - first[part]) ** 2
        count = len(self.intercepts)
        mean = sums / count
        spread = (squares / count - mean**2) * count / max(count - 1, 1)
        return first + mean, np.maximum(spread, 0.0)

    def summed(self, pair: Pairs) -> SummedPrediction:
        """Return what the prediction of one pair is the sum of.

        Of a user, as of an item, draws keep all fields together, with the pairs among them.
        """
        known = () if self.features is None else self.features.fields
        of_user, of_item, names = (
            [field.name for field in known if field.of == whose]
            for whose in ("user", "item", "rating")
        )
        fields = [
            _field_sums("the user's", self.users[:, int(pair.users[0])]),
            _field_sums("the item's", self.items[:, int(pair.items[0])]),
        ]
        for name, place in zip(names, self._places(pair)[:, 0].tolist(), strict=True):
            words = name if place < self.first_own[-1] else f"{name} (not known: as usual)"
            fields.append(_field_sums(words, self.own[:, place]))
        told = (
            f"mean of {len(self.intercepts)} draws, which keep together all fields of the user"
            f" ({', '.join(of_user)}), and of the item ({', '.join(of_item)})"
        )
        intercepts = self.intercepts.astype(np.float64)
        return SummedPrediction(intercepts, tuple(fields), told, self.unit)

    def _each(self, pairs: Pairs) -> Iterator[Array]:
        """Yield the predictions of every draw, in the unit."""
        places = self._places(pairs)
        for draw, intercept in enumerate(self.intercepts.tolist()):
            user, item = self.users[draw, pairs.users], self.items[draw, pairs.items]
            found = intercept + user[:, 0].astype(np.float64) + item[:, 0]
            found += np.einsum("nk,nk->n", user[:, 1:], item[:, 1:])
            if len(places):
                found += self._of_own(self.own[draw], places, user + item)
            yield found

    def _of_own(self, own: Array, places: Array, others: Array) -> Array:
        """Return what the ratings' own features add; `others`: rows of user and item summed."""
        total = np.zeros_like(others)
        squares = np.zeros(len(others), np.float32)
        for of_field in places:
            rows = own[of_field]
            total += rows
            squares += np.einsum("nk,nk->n", rows[:, 1:], rows[:, 1:])
        crossed = np.einsum("nk,nk->n", total[:, 1:], others[:, 1:] + 0.5 * total[:, 1:])
        return np.asarray(total[:, 0] + crossed - 0.5 * squares)

    def _places(self, pairs: Pairs) -> Array:
        """Return each pair's rows of `own`, int64 (fields, n)."""
        fields = len(self.first_own) - 1
        unknown = self.first_own[-1] + np.arange(fields)[:, None]
        codes = own_codes(self.features, pairs)
        if codes is None or not fields:
            return np.broadcast_to(unknown, (fields, len(pairs)))
        return np.asarray(np.where(codes < 0, unknown, codes + self.first_own[:-1, None]))


def _field_sums(words: str, rows: Array) -> FieldSums:
    """Return a row of each draw, shape (draws, 1 + rank), as one summand."""
    found = rows.astype(np.float64)
    return FieldSums(words, found[:, 0], np.zeros(len(found)), found[:, 1:])


def own_codes(features: Features | None, pairs: Pairs) -> Array | None:
    """Return codes in the fields of ratings, int32 (fields, n): as of now for what is no rating.

    Of pairs that are asked about as of a time, those of that time.
    """
    if features is None:
        return None
    names = [field.name for field in features.fields if field.of == "rating"]
    if pairs.times is not None and names:
        then = features.codes_at(pairs.users, pairs.items, pairs.times)
        return np.stack([then[name] for name in names])
    codes = np.full((len(names), len(pairs)), -1, np.int32)
    for name, now in features.codes_now(pairs.items).items():
        codes[names.index(name)] = now
    if pairs.positions is None or not names:
        return codes
    rated = np.stack(list(features.codes_of(pairs.positions).values()))
    return np.asarray(np.where(pairs.positions < 0, codes, rated))
