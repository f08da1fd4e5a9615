"""A module of torch that has no weights: the lesson's first."""

from torch import Tensor, nn


class DotProduct(nn.Module):
    """The dot product of two tables' rows (lesson 5, DotProduct)."""

    def forward(self, u: Tensor, m: Tensor) -> Tensor:
        """Return a sum for each row, shape (n,), of tables of shape (n, k)."""
        sums: Tensor = (u * m).sum(1)
        return sums
