"""What every rating model has in common."""

from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui.hyperparameters import DataInfo, ModelParameters
from cftui.models.features import KnownFeatures
from cftui.models.summed import FieldSums


class RatingModel(nn.Module):
    """A module whose `forward(users, items)` gives ratings for codes of shape (batch,).

    One whose hyper-parameters name features takes a FeatureBatch as well.
    """

    Parameters: type[ModelParameters]

    def __init__(self, info: DataInfo) -> None:
        super().__init__()
        self.n_items = info.n_items
        self.low = info.low
        self.high = info.high
        self.known: KnownFeatures | None = None
        """The features that it reads, set by who builds it."""
        self.l2 = 0.0
        """What is lowered is the sum of squared errors plus this times the sum of all squares."""
        self.n_members = 1
        """Models side by side in it, each of which meets the ratings in an order of its own."""

    @property
    def _features(self) -> KnownFeatures:
        assert self.known is not None, "a model that reads features is built with them"
        return self.known

    @classmethod
    def from_data(cls, info: DataInfo, parameters: ModelParameters) -> Self:
        """Build the module for these ratings."""
        raise TypeError(f"{cls.__name__} does not say how it is built")

    def loss(self, values: Tensor, *inputs: Any) -> tuple[Tensor, Tensor]:
        """Return what a step is to lower, and the mean squared error that is told of it.

        `inputs`: what `forward` takes, for ratings of these values, shape (batch,); with several
        members (batch, members), a rating for each.
        """
        error = functional.mse_loss(self(*inputs), values)
        return error, error

    def of_members(self, *inputs: Any) -> Tensor:
        """Return each member's predicted ratings, shape (batch, members)."""
        ratings: Tensor = self(*inputs)
        return ratings[:, None]

    def field_sums(self, *inputs: Any) -> list[FieldSums]:
        """Return what each field of one rating comes to; nothing of a model that is no such sum."""
        return []

    def of_all_items(self, users: Tensor) -> Tensor:
        """Return predicted ratings of every item, shape (len(users), n_items).

        A model that has a quicker way than pair by pair goes it.
        """
        items = torch.arange(self.n_items, device=users.device)
        crossed = users.repeat_interleave(self.n_items), items.repeat(len(users))
        known = () if self.known is None else (self.known.batch(*crossed),)
        ratings: Tensor = self(*crossed, *known).view(len(users), self.n_items)
        return ratings

    def to_range(self, raw: Tensor) -> Tensor:
        """Return ratings between the lowest and the highest of the data (lesson 5)."""
        return torch.sigmoid(raw) * (self.high - self.low) + self.low
