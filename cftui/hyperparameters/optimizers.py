"""Hyper-parameters of the optimizers, as torch.optim has them."""

from typing import Literal, Self

from pydantic import model_validator

from cftui.hyperparameters.base import OptimizerParameters, parameter

L2 = "L2 penalty: this times the weight is added to its gradient"
BETA1 = "Decay of the average of gradients"
BETA2 = "Decay of the average of squared gradients"


class Sgd(OptimizerParameters):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013, as torch.optim.SGD)."""

    name: Literal["sgd"] = "sgd"
    learning_rate: float = parameter(0.1, "Size of a step along the gradient", gt=0, le=1e3)
    momentum: float = parameter(0.9, "Share of the last step kept in the next", ge=0, lt=1)
    nesterov: bool = parameter(False, "Look ahead along the momentum (Nesterov 1983)")
    weight_decay: float = parameter(2e-4, L2, ge=0, le=10)
    reduction: Literal["mean", "sum"] = parameter(
        "mean", "A step follows the mean of its ratings' gradients, or their sum, as one by one"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov = true needs a momentum above 0")
        return self

    @property
    def slots(self) -> int:
        """Return 1 with momentum, else 0."""
        return 1 if self.momentum else 0


class Adam(OptimizerParameters):
    """Adam (Kingma and Ba 2015) with L2 in the gradient, as torch.optim.Adam."""

    name: Literal["adam"] = "adam"
    learning_rate: float = parameter(1e-2, "Step size before scaling by the averages", gt=0, le=1e3)
    beta1: float = parameter(0.9, BETA1, ge=0, lt=1)
    beta2: float = parameter(0.999, BETA2, ge=0, lt=1)
    eps: float = parameter(1e-8, "Added to the root of the second average", gt=0, le=1)
    weight_decay: float = parameter(2e-4, L2, ge=0, le=10)

    @property
    def slots(self) -> int:
        """Return 2: the averages of the gradient and of its square."""
        return 2


class AdamW(OptimizerParameters):
    """Adam with the decay apart from the gradient (Loshchilov and Hutter 2019)."""

    name: Literal["adamw"] = "adamw"
    learning_rate: float = parameter(1e-2, "Step size before scaling by the averages", gt=0, le=1e3)
    beta1: float = parameter(0.9, BETA1, ge=0, lt=1)
    beta2: float = parameter(0.999, BETA2, ge=0, lt=1)
    # Larger than usual: decay shrinks every row at every step, and what a row that is seldom met
    # gets in return must not be a whole step each time.
    eps: float = parameter(1e-3, "Added to the root of the second average", gt=0, le=1)
    weight_decay: float = parameter(
        0.1, "Each step shrinks a weight by this times the learning rate", ge=0, le=100
    )

    @property
    def slots(self) -> int:
        """Return 2: the averages of the gradient and of its square."""
        return 2


class RmsProp(OptimizerParameters):
    """Steps divided by a running root mean square of the gradient (Hinton 2012)."""

    name: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = parameter(3e-3, "Step size before scaling by the average", gt=0, le=1e3)
    alpha: float = parameter(0.99, BETA2, ge=0, lt=1)
    momentum: float = parameter(0.0, "Share of the last step kept in the next", ge=0, lt=1)
    centered: bool = parameter(False, "Divide by the gradient's standard deviation instead")
    eps: float = parameter(1e-8, "Added to the root of the average", gt=0, le=1)
    weight_decay: float = parameter(2e-4, L2, ge=0, le=10)

    @property
    def slots(self) -> int:
        """Return 1 for the average of squares, one more each with momentum and centered."""
        return 1 + bool(self.momentum) + self.centered


class Adagrad(OptimizerParameters):
    """Steps divided by the root of all squared gradients so far (Duchi et al. 2011)."""

    name: Literal["adagrad"] = "adagrad"
    learning_rate: float = parameter(5e-2, "Step size before scaling by the sum", gt=0, le=1e3)
    lr_decay: float = parameter(0.0, "The rate is divided by 1 + this times the steps", ge=0, le=1)
    initial_sum: float = parameter(0.0, "What the sum of squares begins with", ge=0, le=1e3)
    eps: float = parameter(1e-10, "Added to the root of the sum", gt=0, le=1)
    weight_decay: float = parameter(2e-4, L2, ge=0, le=10)

    @property
    def slots(self) -> int:
        """Return 1: the sum of the squared gradients."""
        return 1
