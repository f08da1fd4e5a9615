"""A small neural network over both embeddings: the lesson's EmbeddingNet."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui import hyperparameters as parameters
from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.base import RatingModel
from cftui.models.features import FeatureBatch


class Net(RatingModel):
    """Embeddings side by side through hidden layers (lesson 5, EmbeddingNet).

    Features, where they are switched on, are further columns of the first layer's input.
    """

    Parameters = parameters.Net

    def __init__(self, info: DataInfo, p: parameters.Net) -> None:
        super().__init__(info)
        self.user_factors = nn.Embedding(info.n_users, p.n_factors)
        self.item_factors = nn.Embedding(info.n_items, p.n_item_factors or p.n_factors)
        self.layers = nn.ModuleList(nn.Linear(width, out) for width, out in pairwise(p.sizes(info)))
        self._widths = {field.name: field.width for field in info.fields}
        self.embedding_dropout = nn.Dropout(p.embedding_dropout)
        self.dropout = nn.Dropout(p.dropout)

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        assert isinstance(parameters, cls.Parameters)
        return cls(info, parameters)

    def forward(self, users: Tensor, items: Tensor, *features: FeatureBatch) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,)."""
        x = torch.cat([self.user_factors(users), self.item_factors(items)], dim=1)
        x = self.embedding_dropout(x)
        first, *rest = self.layers
        assert isinstance(first, nn.Linear)
        x = self._first(first, x, *features)
        for layer in rest:
            x = layer(self.dropout(torch.relu(x)))
        # Half a unit wider at both ends, so that the highest and lowest ratings can be reached.
        return self._to_wider_range(x.squeeze(1))

    def _first(self, layer: nn.Linear, x: Tensor, *features: FeatureBatch) -> Tensor:
        if not features:
            through: Tensor = layer(x)
            return through
        summed = functional.linear(x, layer.weight[:, : x.shape[1]], layer.bias)
        for name, columns in self._columns(layer, x.shape[1]):
            summed = summed + features[0].product(name, columns)
        return summed

    def _columns(self, layer: nn.Linear, begin: int) -> Iterator[tuple[str, Tensor]]:
        """Yield the first layer's weights for each field, shape (width, out)."""
        for name, width in self._widths.items():
            yield name, layer.weight[:, begin : begin + width].T
            begin += width

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items), without dropout."""
        # The first layer is a sum of a user's part and an item's: each is computed once.
        first, *rest = self.layers
        assert isinstance(first, nn.Linear)
        user_factors, item_factors = self.user_factors(users), self.item_factors.weight
        width, whole = user_factors.shape[1], user_factors.shape[1] + item_factors.shape[1]
        of_users = user_factors @ first.weight[:, :width].T
        of_items = item_factors @ first.weight[:, width:whole].T
        for name, columns in self._columns(first, whole):
            if name in self._features.named_of("item"):
                of_items = of_items + self._features.product(name, columns)
        x = of_users[:, None] + of_items + first.bias
        for layer in rest:
            x = layer(torch.relu(x))
        return self._to_wider_range(x.squeeze(2))

    def _to_wider_range(self, raw: Tensor) -> Tensor:
        return torch.sigmoid(raw) * (self.high - self.low + 1) + self.low - 0.5
