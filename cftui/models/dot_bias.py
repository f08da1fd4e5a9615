"""Dot product with biases: the lesson's EmbeddingDotBias."""

from typing import Self

from torch import Tensor, nn

from cftui import hyperparameters as parameters
from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.base import RatingModel


class DotBias(RatingModel):
    """Dot product of user and item embeddings, plus a bias for each.

    Koren, Bell and Volinsky 2009, eq. 4, without the global mean; lesson 5, EmbeddingDotBias.
    """

    Parameters = parameters.DotBias

    def __init__(self, info: DataInfo, n_factors: int) -> None:
        super().__init__(info)
        self.user_factors = nn.Embedding(info.n_users, n_factors)
        self.item_factors = nn.Embedding(info.n_items, n_factors)
        self.user_bias = nn.Embedding(info.n_users, 1)
        self.item_bias = nn.Embedding(info.n_items, 1)

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        assert isinstance(parameters, cls.Parameters)
        return cls(info, parameters.n_factors)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,)."""
        affinity = (self.user_factors(users) * self.item_factors(items)).sum(1)
        biases = self.user_bias(users).squeeze(1) + self.item_bias(items).squeeze(1)
        return self.to_range(affinity + biases)

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items)."""
        affinity = self.user_factors(users) @ self.item_factors.weight.T
        return self.to_range(affinity + self.user_bias(users) + self.item_bias.weight.T)
