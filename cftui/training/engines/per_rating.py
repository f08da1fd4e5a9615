"""L2 per rating, and steps that move a batch's rows alone.

Koren, Bell and Volinsky 2009, eq. 5: each rating adds to its squared error

    lambda * (|p_u|^2 + |q_i|^2 + b_u^2 + b_i^2)

here with one lambda for factors and one for biases. So a row is held to zero as often as it rates
or is rated, where weight decay shrinks every row at every step.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from cftui.config import RunConfig
from cftui.hyperparameters import L2PerRating, OptimizerParameters, Sgd
from cftui.models.base import RatingModel
from cftui.models.module import trainable

FACTORS, BIASES = ("user_factors", "item_factors"), ("user_bias", "item_bias")


def is_summed(optimizer: OptimizerParameters) -> bool:
    """Return whether a step follows the sum of its ratings' gradients, not their mean."""
    return isinstance(optimizer, Sgd) and optimizer.reduction == "sum"


def penalty(tables: Mapping[str, Tensor], l2: L2PerRating, users: Tensor, items: Tensor) -> Tensor:
    """Return the mean of what a batch's ratings add to their squared errors, shape ()."""
    parts = [
        weight * functional.embedding(codes, tables[name]).square().sum()
        for names, weight in ((FACTORS, l2.factors), (BIASES, l2.biases))
        for name, codes in zip(names, (users, items), strict=True)
        if weight
    ]
    return torch.stack(parts).sum() / len(users)


def row_steps(config: RunConfig, model: torch.nn.Module) -> "RowSteps | None":
    """Return what takes the steps where it is exact to leave all other rows alone; else none.

    That is plain SGD on a model of dot products: without momentum and weight decay the gradient
    alone moves a row, and that is zero for whom a batch does not name. Only with L2 per rating or
    gradients summed: what had neither before keeps the order in which it rounds.
    """
    optimizer, l2 = config.optimizer, config.model.l2_per_rating
    if not isinstance(optimizer, Sgd) or optimizer.momentum or optimizer.weight_decay:
        return None
    if "dot-product" not in config.model.abilities or not (l2 or is_summed(optimizer)):
        return None
    assert isinstance(model, RatingModel)
    sigmoid = "sigmoid" in config.model.abilities
    return RowSteps(model, l2, sigmoid=sigmoid, summed=is_summed(optimizer))


class RowSteps:
    """Plain SGD on the rows of a batch, the gradient written out; the same on every device."""

    def __init__(self, model: RatingModel, l2: L2PerRating, *, sigmoid: bool, summed: bool) -> None:
        """Change the model's own tables, on the device where they are."""
        tables = {name: value.data for name, value in trainable(model)}
        self._factors = tuple(tables[name] for name in FACTORS)
        self._biases = tuple(tables[name].view(-1) for name in BIASES if name in tables)
        self._l2, self._sigmoid, self._summed = l2, sigmoid, summed
        self._low, self._span = model.low, model.high - model.low

    @torch.no_grad()
    def take(self, users: Tensor, items: Tensor, values: Tensor, rate: float) -> Tensor:
        """Take a step; return the mean squared error before it, shape ()."""
        codes = (users, items)
        p, q = (t.index_select(0, c) for t, c in zip(self._factors, codes, strict=True))
        raw = (p * q).sum(1)
        biases = [t.index_select(0, c) for t, c in zip(self._biases, codes, strict=False)]
        for bias in biases:
            raw += bias
        errors, slopes = self._errors(raw, values)
        # Of the squared error and of each lambda's square: hence 2.
        rate = 2 * rate if self._summed else 2 * rate / len(users)
        pull = slopes * errors * rate
        for table, own, other, code in zip(self._factors, (p, q), (q, p), codes, strict=True):
            step = own * (rate * self._l2.factors)
            table.index_add_(0, code, step.addcmul_(pull.unsqueeze(1), other), alpha=-1)
        for table, bias, code in zip(self._biases, biases, codes, strict=False):
            step = torch.add(pull, bias, alpha=rate * self._l2.biases)
            table.index_add_(0, code, step, alpha=-1)
        return errors.dot(errors) / len(users)

    def _errors(self, raw: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return each rating's error, and the slope of its prediction, shape (batch,)."""
        if not self._sigmoid:
            return raw - values, torch.ones_like(raw)
        share = torch.sigmoid(raw)
        errors = share * self._span + (self._low - values)
        return errors, torch.addcmul(share, share, share, value=-1) * self._span
