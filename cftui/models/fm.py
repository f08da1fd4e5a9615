"""Factorization machine over all that is known of a rating."""

from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui import hyperparameters as parameters
from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.base import RatingModel
from cftui.models.features import FeatureBatch
from cftui.models.summed import FieldSums
from cftui.ratings.features import Whose

SIDES: tuple[Whose, ...] = ("user", "item")
COUNTED = ("user", "item", "history", "raters", "popularity")
"""Fields that training ratings tell: of whom there are none, they say nothing."""


class FactorizationMachine(RatingModel):
    """A weight of each feature, and of each pair of them a dot product (Rendle 2010, eq. 1).

    Several machines side by side are members, whose mean predicts. Sums of features' factors are
    made once a user and once an item, and added up for a rating. A movie that nobody rated is
    predicted what others would be, had they its genres and year, in the mean; so a user.
    """

    Parameters = parameters.Fm
    mean: Tensor

    def __init__(self, info: DataInfo, p: parameters.Fm) -> None:
        super().__init__(info)
        self.n_members, self.n_factors, self.l2 = p.members, p.n_factors, p.l2
        # Not trained: every user and item has a weight that can say the same.
        self.register_buffer("mean", torch.tensor(info.mean or 0.0))
        shape = (p.members, p.n_factors + 1)
        self.tables = nn.ParameterDict(
            {f.name: nn.Parameter(torch.zeros(f.width, *shape)) for f in info.fields}
        )

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        assert isinstance(parameters, cls.Parameters)
        return cls(info, parameters)

    def forward(self, users: Tensor, items: Tensor, features: FeatureBatch) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,)."""
        return self.of_members(users, items, features).mean(1)

    def of_members(self, *inputs: Any) -> Tensor:
        """Return each member's predicted ratings, shape (batch, members).

        `inputs`: as of `forward`, or users and items of shape (batch, members), a pair for each.
        """
        known, features = self._features, inputs[2]
        sums = [
            self._picked(self._side(whose, rows), inverse)
            for whose in SIDES
            if known.named_of(whose)
            for rows, inverse in [features.side(whose)]
        ]
        sums += [self._of_ratings(features, name) for name in known.named_of("rating")]
        return self._predicted(torch.stack(sums).sum(0))

    def loss(self, values: Tensor, *inputs: Any) -> tuple[Tensor, Tensor]:
        """Return the sum of the members' mean squared errors, so that none minds another.

        And their mean, which is told.
        """
        given = values if values.dim() == 2 else values[:, None]
        own = (self.of_members(*inputs) - given).square().mean(0)
        return own.sum(), own.mean()

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items)."""
        of_users, of_items = self._side("user", users), self._side("item", None)
        items = torch.arange(self.n_items, device=users.device)
        now = self._features.batch(items, items)  # what is known of now is known of the item alone
        for name in self._features.now:
            of_items = of_items + self._of_ratings(now, name)
        k = self.n_factors
        # The square of a sum of two is the two squares, and twice the product of the two.
        products = of_users[..., :k].flatten(1) @ of_items[..., :k].flatten(1).T
        own = [(self._predicted(side) - self.mean).mean(1) for side in (of_users, of_items)]
        return self.mean + own[0][:, None] + own[1] + products / self.n_members

    def field_sums(self, *inputs: Any) -> list[FieldSums]:
        """Return what each field of one rating comes to; `inputs`: as of `forward`, a batch of 1.

        Of a user or an item that nobody trained on, counted fields stand together as they usually
        do.
        """
        codes, features = dict(zip(SIDES, inputs[:2], strict=True)), inputs[2]
        sides = [each for whose in SIDES for each in self._sums_of_side(whose, codes[whose])]
        times = [
            (name if features.codes(name)[0] >= 0 else f"{name} (not known)", sums)
            for name in self._features.named_of("rating")
            for sums in [self._of_ratings(features, name)]
        ]
        return [_field_sums(words, sums) for words, sums in (*sides, *times)]

    def _sums_of_side(self, whose: Whose, codes: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield a side's fields by their words, each with its sums, as `_side` adds them up."""
        names, weights = self._features.named_of(whose), self._features.weights(whose)
        usual = [n for n in names if n in COUNTED and weights is not None and not weights[codes]]
        for name in names:
            if name not in usual:
                yield name, self._summed(whose, [name], codes)
        if usual and weights is not None:
            sums = self._usual(self._summed(whose, usual, None), weights)
            yield f"{', '.join(usual)} (never trained on: as usual)", sums

    def _predicted(self, sums: Tensor) -> Tensor:
        """Return predictions from sums over all features, shape (..., members, k + 2)."""
        factors, weights, squares = sums[..., :-2], sums[..., -2], sums[..., -1]
        predicted: Tensor = self.mean + weights + (factors.square().sum(-1) - squares) / 2
        return predicted

    def _side(self, whose: Whose, rows: Tensor | None) -> Tensor:
        """Return sums over what is known of users or items, shape (rows, members, k + 2).

        Of factors, of weights, and of the squares of the features' own factors. For one that nobody
        trained on, fields that are counted stand as they usually do.
        """
        names = self._features.named_of(whose)
        total, weights = self._summed(whose, names, rows), self._features.weights(whose)
        if self.training or weights is None:
            return total
        told = self._summed(whose, [name for name in names if name not in COUNTED], rows)
        counted = self._summed(whose, [name for name in names if name in COUNTED], None)
        trained = (weights if rows is None else weights[rows]) > 0
        return torch.where(trained[:, None, None], total, told + self._usual(counted, weights))

    def _usual(self, sums: Tensor, weights: Tensor) -> Tensor:
        """Return sums that predict the weighted mean of what these do, (members, k + 2)."""
        shares = (weights / weights.sum())[:, None, None]
        mean = (shares * sums).sum(0)
        factors, squares = sums[..., :-2], sums[..., -1]
        pairs = (shares[..., 0] * (factors.square().sum(-1) - squares)).sum(0)
        # What is left of the mean's own square once its pairs are taken out.
        own = mean[..., :-2].square().sum(-1) - pairs
        return torch.cat([mean[..., :-1], own[..., None]], -1)

    def _summed(self, whose: Whose, names: list[str], rows: Tensor | None) -> Tensor:
        known = self._features
        n = len(rows) if rows is not None else known.n_rows(whose) if names else 1
        total = self.mean.new_zeros(n, self.n_members, self.n_factors + 2)
        for name in names:
            table = self._with_squares(self.tables[name])
            product = known.product(name, table.flatten(1), rows)
            product = product.view(len(product), self.n_members, -1)
            # A feature's value is squared in the last column; the sums have it once.
            scales = known.scales(name, rows)[..., None]
            product = torch.cat([product[..., :-1], product[..., -1:] * scales], -1)
            total = total + product
        return total

    def _of_ratings(self, features: FeatureBatch, name: str) -> Tensor:
        """Return what a field of ratings adds to the sums, shape (batch, members, k + 2)."""
        codes = features.codes(name)
        known = codes >= 0
        rows = self._picked(self.tables[name], codes.clamp(0))
        return self._with_squares(rows * (known if known.dim() == 2 else known[:, None])[..., None])

    def _picked(self, table: Tensor, codes: Tensor) -> Tensor:
        """Return rows of a table (rows, members, k) for codes, shape (batch, members, k)."""
        codes = codes if codes.dim() == 2 else codes[:, None]
        places = codes * self.n_members + torch.arange(self.n_members, device=codes.device)
        return functional.embedding(places, table.flatten(0, 1))

    def _with_squares(self, table: Tensor) -> Tensor:
        return torch.cat([table, table[..., :-1].square().sum(-1, keepdim=True)], -1)


def _field_sums(words: str, sums: Tensor) -> FieldSums:
    """Return sums of one rating, shape ([1,] members, k + 2), as numpy has them."""
    found = sums.detach().reshape(sums.shape[-2:]).double().cpu().numpy()
    factors, weights, squares = found[:, :-2], found[:, -2], found[:, -1]
    return FieldSums(words, weights, ((factors**2).sum(1) - squares) / 2, factors)
