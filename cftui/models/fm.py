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


class FactorizationMachine(RatingModel):
    """A weight of each feature, and of each pair of them a dot product (Rendle 2010, eq. 1).

    Several machines side by side are members, whose mean predicts. Sums of features' factors are
    made once a user and once an item, and added up for a rating. Of a movie that nobody rated they
    are what is to be expected by its genres and year, as the others' are; so of a user.
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

        Of a user or an item that nobody trained on, all fields stand together, as is expected.
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
        if self._features.untrained(whose, codes) is not None:
            yield f"the {whose}'s, never trained on: as expected of it", self._side(whose, codes)
            return
        for name in self._features.named_of(whose):
            yield name, self._summed_field(name, codes)

    def _predicted(self, sums: Tensor) -> Tensor:
        """Return predictions from sums over all features, shape (..., members, k + 2)."""
        factors, weights, squares = sums[..., :-2], sums[..., -2], sums[..., -1]
        predicted: Tensor = self.mean + weights + (factors.square().sum(-1) - squares) / 2
        return predicted

    def _side(self, whose: Whose, rows: Tensor | None) -> Tensor:
        """Return sums over what is known of users or items, shape (rows, members, k + 2).

        Of factors, of weights, and of the squares of the features' own factors. Of one that nobody
        trained on, what is to be expected.
        """
        total = self._summed(whose, rows)
        untrained = None if self.training else self._features.untrained(whose, rows)
        if untrained is None:
            return total
        known = total if rows is None else self._summed(whose, None)
        # Factors, and what these and the weights predict alone: both are linear in a prediction.
        alone = self._predicted(known) - self.mean
        numbers = torch.cat([known[..., :-2], alone[..., None]], -1)
        found = self._features.expected(whose, numbers.flatten(1), rows)
        expected = found.view(len(found), self.n_members, -1)
        squares = expected[..., :-1].square().sum(-1, keepdim=True)
        return torch.where(untrained[:, None, None], torch.cat([expected, squares], -1), total)

    def _summed(self, whose: Whose, rows: Tensor | None) -> Tensor:
        known = self._features
        names = known.named_of(whose)
        n = len(rows) if rows is not None else known.n_rows(whose) if names else 1
        total = self.mean.new_zeros(n, self.n_members, self.n_factors + 2)
        for name in names:
            total = total + self._summed_field(name, rows)
        return total

    def _summed_field(self, name: str, rows: Tensor | None) -> Tensor:
        known = self._features
        product = known.product(name, self._with_squares(self.tables[name]).flatten(1), rows)
        product = product.view(len(product), self.n_members, -1)
        # A feature's value is squared in the last column; the sums have it once.
        scales = known.scales(name, rows)[..., None]
        return torch.cat([product[..., :-1], product[..., -1:] * scales], -1)

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
