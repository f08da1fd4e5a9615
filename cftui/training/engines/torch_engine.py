"""The engine that runs any module with torch.optim, on any device."""

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from cftui.config import RunConfig
from cftui.models import build_model
from cftui.models.base import RatingModel
from cftui.models.custom import CustomClass
from cftui.models.module import (
    arrays_of,
    inputs_of,
    load_arrays,
    resident,
    score,
    score_all_items,
    trainable,
)
from cftui.optim.torch_optim import make_optimizer, set_rates
from cftui.optim.torch_quick import stepper
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines.per_rating import is_summed, penalty, row_steps
from cftui.training.engines.protocol import Arrays
from cftui.training.engines.torch_device import choose_device
from cftui.training.engines.torch_state import (
    load_optimizer,
    load_random,
    optimizer_arrays,
    random_arrays,
)
from cftui.training.order import places_of_member

SMALL_MODEL = 5_000_000
"""Parameters below which a second CPU thread gains little and costs the screen its core."""


class TorchEngine:
    """Ratings, order and parameters live on the device; losses are read back in bulk."""

    def __init__(self, device: str, threads: int, custom: CustomClass | None = None) -> None:
        """Choose the device; `custom` is a user's model. Raises EngineError if it is not there."""
        self._custom = custom
        self._device = choose_device(device)
        self.device = str(self._device)
        self.threads = threads
        self.parameter_count = 0

    def start(self, config: RunConfig, ratings: TrainingRatings, initial: Arrays | None) -> None:
        """Build the model and the optimizer."""
        torch.manual_seed(config.training.seed)
        # Kernels that add in a fixed order, where the device has them.
        torch.set_deterministic_debug_mode("warn")
        model = build_model(config.model, ratings.info, self._custom, ratings.features)
        self._model = model.to(self._device)
        if initial is not None:
            load_arrays(self._model, initial)
        weights = list(self._model.parameters())
        self.parameter_count = sum(value.numel() for value in weights if value.requires_grad)
        if not self.threads:
            small = self.parameter_count < SMALL_MODEL
            self.threads = 1 if small else torch.get_num_threads()
        torch.set_num_threads(self.threads)
        self._optimizer = make_optimizer(config.optimizer, weights)
        self._optimizer_name = config.optimizer.name
        self._n_items = ratings.info.n_items
        self._batch_size = config.training.batch_size
        self._users = resident(ratings.user, self._device)
        self._items = resident(ratings.item, self._device)
        self._values = resident(ratings.value, self._device)
        self._places = self._places_of_members(config.training.seed, len(ratings))
        self._positions = None
        if ratings.features is not None and ratings.positions is not None:
            self._positions = resident(ratings.positions, self._device)
        self._squared_unit = ratings.squared_unit
        # Of a batch's mean squared error and the sum of squares over the number of ratings.
        own = self._model.l2 if isinstance(self._model, RatingModel) else 0.0
        self._l2_of_all = 2 * own / len(ratings)
        self._l2, self._summed = config.model.l2_per_rating, is_summed(config.optimizer)
        self._tables = dict(trainable(self._model))
        self._rows = row_steps(config, self._model)

    def _places_of_members(self, seed: int, n: int) -> torch.Tensor | None:
        """Return which rating each member meets in place of another, shape (n, members)."""
        members = self._model.n_members if isinstance(self._model, RatingModel) else 1
        if members == 1:
            return None
        places = [places_of_member(seed, member, n) for member in range(members)]
        return resident(np.stack(places, axis=1), self._device)

    def run(
        self, order: np.ndarray, learning_rates: np.ndarray, momenta: np.ndarray | None = None
    ) -> np.ndarray:
        """Take a step a batch; return the losses, float32, shape (steps,)."""
        model, optimizer, size = self._model, self._optimizer, self._batch_size
        step_once = stepper(optimizer)
        weights: list[torch.Tensor] = list(model.parameters())
        model.train()
        positions = resident(order, self._device)
        if self._places is not None:
            positions = self._places[positions]
        users, items, values = (
            self._users[positions],
            self._items[positions],
            self._values[positions],
        )
        losses = torch.empty(len(learning_rates), device=self._device)
        kept = [None] * len(learning_rates) if momenta is None else momenta.tolist()
        for step, (rate, momentum) in enumerate(zip(learning_rates.tolist(), kept, strict=True)):
            batch = slice(step * size, (step + 1) * size)
            if self._rows is not None:
                losses[step] = self._rows.take(users[batch], items[batch], values[batch], rate)
                continue
            set_rates(optimizer, rate, momentum)
            optimizer.zero_grad()
            rated = None if self._positions is None else self._positions[positions[batch]]
            inputs = inputs_of(model, users[batch], items[batch], rated)
            lowered, error = self._loss(values[batch], inputs)
            if self._squared_unit != 1.0:
                lowered, error = lowered / self._squared_unit, error / self._squared_unit
            self._objective(lowered, users[batch], items[batch]).backward()  # type: ignore[no-untyped-call]
            if self._l2_of_all:
                gradients = [weight.grad for weight in weights if weight.grad is not None]
                alpha = self._l2_of_all * (len(values[batch]) if self._summed else 1)
                torch._foreach_add_(gradients, weights, alpha=alpha)
            step_once()
            losses[step] = error.detach()
        return losses.cpu().numpy()

    def _loss(self, values: torch.Tensor, inputs: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
        """Return what a step is to lower, and the mean squared error that is told."""
        if isinstance(self._model, RatingModel):
            return self._model.loss(values, *inputs)
        error = functional.mse_loss(self._model(*inputs), values)
        return error, error

    def _objective(
        self, loss: torch.Tensor, users: torch.Tensor, items: torch.Tensor
    ) -> torch.Tensor:
        """Return what a step descends: the loss itself, unless L2 per rating or a sum is set."""
        if self._l2:
            loss = loss + penalty(self._tables, self._l2, users, items)
        return loss * len(users) if self._summed else loss

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32, shape (n,), without dropout."""
        return score(self._model, pairs, self._device)

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        """Return users' predicted ratings of every item, float32, shape (len(users), n_items)."""
        # A user's module may draw random numbers though it does not train.
        drawn = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(drawn):
            return score_all_items(self._model, users, self._n_items, self._device)

    def parameters(self) -> dict[str, np.ndarray]:
        """Return copies of the model's parameters, and of its buffers, by name."""
        return arrays_of(self._model)

    def state(self) -> dict[str, np.ndarray]:
        """Return the optimizer's slots and the random states."""
        slots = optimizer_arrays(self._optimizer_name, self._optimizer, self._model)
        return {**random_arrays(self._device), **slots}

    def restore(self, parameters: Arrays, state: Arrays) -> None:
        """Go back to what `parameters` and `state` returned."""
        load_arrays(self._model, parameters)
        load_optimizer(self._optimizer_name, self._optimizer, self._model, state)
        load_random(self._device, state)
