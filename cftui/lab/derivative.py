"""One derivative of a trained run's loss: autograd's beside those of finite differences."""

import torch
from torch import Tensor

from cftui.lab.run_loss import RunLoss, loss_of
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.lab_runs import CheckDerivative, DerivativeAnswer

MOST_RATINGS = 4096
"""Ratings that the loss is taken over."""
EXACT_H, SINGLE_H = 1e-5, 1e-2
"""What suits float64, and float32: rounding and curvature spoil about equally much."""


@answers(CheckDerivative)
def answer_check_derivative(library: Library, question: CheckDerivative) -> DerivativeAnswer:
    """Move one number of a run a little, both ways, and ask autograd too."""
    loss = loss_of(library.trained(question.run))
    name = question.parameter or next(iter(loss.parameters), "")
    index = _index(loss, name, question.index)
    parameter = loss.parameters[name]
    h = question.h if question.h is not None else EXACT_H if loss.exact else SINGLE_H
    if not h or not torch.isfinite(torch.tensor(h)):
        raise QuestionError(f"h {h:g}: give a number that is not 0, such as {EXACT_H:g}")
    batch = loss.rated(name, index[0], MOST_RATINGS)
    if not len(batch):
        raise QuestionError(
            f"{loss.whose(name, index[0])} has no training rating, so that nothing"
            " depends on this; choose another index"
        )
    here = loss.loss(batch)
    (gradient,) = torch.autograd.grad(here, [parameter], allow_unused=True)
    before, after = (_moved(loss, parameter, index, side, batch) for side in (-h, h))
    return DerivativeAnswer(
        run=loss.trained.run,
        label=f"{name}[{', '.join(map(str, index))}]",
        whose=loss.whose(name, index[0]),
        value=float(parameter[index].detach()),
        n_ratings=len(batch),
        loss=float(here.detach()),
        h=h,
        exact=loss.exact,
        autograd=0.0 if gradient is None else float(gradient[index]),
        forward=(after - float(here.detach())) / h,
        central=(after - before) / (2 * h),
        parameters=tuple((one, tuple(value.shape)) for one, value in loss.parameters.items()),
    )


@torch.no_grad()
def _moved(
    loss: RunLoss, parameter: Tensor, index: tuple[int, ...], by: float, batch: Tensor
) -> float:
    """Return the loss with one number moved, which is put back as it was."""
    value = parameter[index].clone()
    parameter[index] += by
    try:
        return float(loss.loss(batch))
    finally:
        parameter[index] = value


def _index(loss: RunLoss, name: str, index: tuple[int, ...]) -> tuple[int, ...]:
    """Return the whole index; raises QuestionError for a parameter or a place that is not there."""
    if name not in loss.parameters:
        known = ", ".join(loss.parameters)
        raise QuestionError(f"{loss.trained.run} has no parameter {name!r}; it has {known}")
    shape = tuple(loss.parameters[name].shape)
    if not shape:
        raise QuestionError(f"{name} is one number alone; this takes a row or a table's number")
    given = ",".join(map(str, index))
    if not index:
        index = (0,) * len(shape)
    if len(index) == len(shape) - 1 and shape[-1] == 1:
        index = (*index, 0)
    if len(index) != len(shape) or not all(
        0 <= place < size for place, size in zip(index, shape, strict=True)
    ):
        limits = ", ".join(f"0 to {size - 1:,}" for size in shape)
        numbers = "1 number" if len(shape) == 1 else f"{len(shape)} numbers"
        raise QuestionError(f"index {given}: {name} takes {numbers}: {limits}")
    return index
