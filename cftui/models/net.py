"""A small neural network over both embeddings: the lesson's EmbeddingNet."""

from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn

from cftui import hyperparameters as parameters
from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.base import RatingModel


class Net(RatingModel):
    """Embeddings side by side through hidden layers (lesson 5, EmbeddingNet)."""

    Parameters = parameters.Net

    def __init__(self, info: DataInfo, p: parameters.Net) -> None:
        super().__init__(info)
        self.user_factors = nn.Embedding(info.n_users, p.n_factors)
        self.item_factors = nn.Embedding(info.n_items, p.n_item_factors or p.n_factors)
        self.layers = nn.ModuleList(nn.Linear(width, out) for width, out in pairwise(p.sizes))
        self.embedding_dropout = nn.Dropout(p.embedding_dropout)
        self.dropout = nn.Dropout(p.dropout)

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        assert isinstance(parameters, cls.Parameters)
        return cls(info, parameters)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,)."""
        x = torch.cat([self.user_factors(users), self.item_factors(items)], dim=1)
        x = self.embedding_dropout(x)
        *hidden, last = self.layers
        for layer in hidden:
            x = self.dropout(torch.relu(layer(x)))
        # Half a unit wider at both ends, so that the highest and lowest ratings can be reached.
        return self._to_wider_range(last(x).squeeze(1))

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items), without dropout."""
        # The first layer is a sum of a user's part and an item's: each is computed once.
        first, *rest = self.layers
        assert isinstance(first, nn.Linear)
        user_factors, item_factors = self.user_factors(users), self.item_factors.weight
        width = user_factors.shape[1]
        of_users = user_factors @ first.weight[:, :width].T
        x = of_users[:, None] + item_factors @ first.weight[:, width:].T + first.bias
        for layer in rest:
            x = layer(torch.relu(x))
        return self._to_wider_range(x.squeeze(2))

    def _to_wider_range(self, raw: Tensor) -> Tensor:
        return torch.sigmoid(raw) * (self.high - self.low + 1) + self.low - 0.5
