"""What every rating model has in common."""

from typing import Self

import torch
from torch import Tensor, nn

from cftui.hyperparameters import DataInfo, ModelParameters


class RatingModel(nn.Module):
    """A module whose `forward(users, items)` gives ratings for codes of shape (batch,)."""

    Parameters: type[ModelParameters]

    def __init__(self, info: DataInfo) -> None:
        super().__init__()
        self.n_items = info.n_items
        self.low = info.low
        self.high = info.high

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        raise TypeError(f"{cls.__name__} does not say how it is built")

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items).

        A model that has a quicker way than pair by pair goes it.
        """
        items = torch.arange(self.n_items, device=users.device)
        crossed = self(users.repeat_interleave(self.n_items), items.repeat(len(users)))
        ratings: Tensor = crossed.view(len(users), self.n_items)
        return ratings

    def to_range(self, raw: Tensor) -> Tensor:
        """Return ratings between the lowest and the highest of the data (lesson 5)."""
        return torch.sigmoid(raw) * (self.high - self.low) + self.low
