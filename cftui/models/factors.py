"""Scoring of dot-product models with numpy alone, from the tables in a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import HIGH, IDENTITY, LOW, RatingUnit

Array = np.ndarray


@dataclass(frozen=True)
class Factors:
    """The tables of a dot-product model.

    `user_factors` (n_users, k), `item_factors` (n_items, k); biases (n,) or none; predictions go
    through a sigmoid to `low`..`high`, in rating units, where `sigmoid` is set; else their sum is
    in `unit`.
    """

    user_factors: Array
    item_factors: Array
    user_bias: Array | None
    item_bias: Array | None
    low: float
    high: float
    sigmoid: bool
    unit: RatingUnit = IDENTITY
    """What the model was trained in."""

    @classmethod
    def from_tables(
        cls,
        tables: Mapping[str, Array],
        low: float,
        high: float,
        *,
        sigmoid: bool,
        unit: RatingUnit | None = None,
    ) -> "Factors":
        """Take the tables by their names; raises KeyError if the factors are not among them."""

        def bias(name: str) -> Array | None:
            return tables[name].reshape(-1) if name in tables else None

        return cls(
            tables["user_factors"],
            tables["item_factors"],
            bias("user_bias"),
            bias("item_bias"),
            low,
            high,
            sigmoid,
            unit or IDENTITY,
        )

    def in_unit(self) -> "Factors":
        """Return the same model with predictions in its unit instead of rating units."""
        if self.unit.is_identity:
            return self
        return replace(self, low=LOW, high=HIGH, unit=IDENTITY)

    def mirrored(self) -> "Factors":
        """Return the same model with users and items in each other's place."""
        return replace(
            self,
            user_factors=self.item_factors,
            item_factors=self.user_factors,
            user_bias=self.item_bias,
            item_bias=self.user_bias,
        )

    def score(self, pairs: Pairs) -> Array:
        """Return predicted ratings, shape (n,), float32."""
        scores = np.empty(len(pairs), dtype=np.float32)
        for start in range(0, len(pairs), 65_536):  # keeps the gathered rows in cache
            part = slice(start, start + 65_536)
            u, i = pairs.users[part], pairs.items[part]
            raw = np.einsum("nk,nk->n", self.user_factors[u], self.item_factors[i])
            if self.user_bias is not None:
                raw += self.user_bias[u]
            if self.item_bias is not None:
                raw += self.item_bias[i]
            scores[part] = self.to_range(raw)
        return scores

    def score_all_items(self, user: int) -> Array:
        """Return one user's predicted ratings of every item, shape (n_items,)."""
        raw = self.item_factors @ self.user_factors[user]
        if self.item_bias is not None:
            raw = raw + self.item_bias
        if self.user_bias is not None:
            raw = raw + self.user_bias[user]
        return self.to_range(raw)

    def to_range(self, raw: Array) -> Array:
        """Return rating units from the sum of product and biases."""
        if not self.sigmoid:
            return self.unit.to_ratings(raw)
        # tanh does not overflow where exp(-x) would.
        return self.low + (self.high - self.low) * (0.5 + 0.5 * np.tanh(0.5 * raw))
