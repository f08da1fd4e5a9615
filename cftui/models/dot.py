"""Dot product alone: the lesson's EmbeddingDot."""

from typing import Self

from torch import Tensor, nn

from cftui import hyperparameters as parameters
from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.base import RatingModel


class Dot(RatingModel):
    """Dot product of user and item embeddings (lesson 5, EmbeddingDot)."""

    Parameters = parameters.Dot

    def __init__(self, info: DataInfo, n_factors: int) -> None:
        super().__init__(info)
        self.user_factors = nn.Embedding(info.n_users, n_factors)
        self.item_factors = nn.Embedding(info.n_items, n_factors)

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        assert isinstance(parameters, cls.Parameters)
        return cls(info, parameters.n_factors)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,)."""
        affinity: Tensor = (self.user_factors(users) * self.item_factors(items)).sum(1)
        return affinity

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items)."""
        affinity: Tensor = self.user_factors(users) @ self.item_factors.weight.T
        return affinity
