"""A module's arrays by name, and its scores: what the engine and the explorer both need."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cftui.models.base import RatingModel
from cftui.models.errors import ModelError, model_error
from cftui.models.features import FeatureBatch, KnownFeatures
from cftui.models.summed import SummedPrediction
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import IDENTITY, RatingUnit

SCORE_CHUNK = 65_536
"""Pairs scored at a time, so that activations stay small."""


class Adapted(nn.Module):
    """A module of the user's, called as ours are; its faults name its file."""

    def __init__(
        self,
        inner: nn.Module,
        call: Callable[..., Any],
        path: str,
        aliases: Mapping[str, str],
    ) -> None:
        """Call `inner` by `call`; `aliases` are standard names of its tables by its own."""
        super().__init__()
        self.inner = inner
        self.path = path
        self.aliases = dict(aliases)
        self._call = call
        self.known: KnownFeatures | None = None
        """The features that its class names, set by who builds it."""

    def forward(self, users: Tensor, items: Tensor, *features: FeatureBatch) -> Tensor:
        """Return predicted ratings, shape (batch,), for codes of shape (batch,).

        Raises ModelError where the module fails or returns something else.
        """
        try:
            with redirect_stdout(sys.stderr):  # ours may be JSON lines that somebody reads
                predicted = self._call(users, items, *features)
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            raise model_error(self.path, "in forward", error) from error
        name = type(self.inner).__name__
        if not isinstance(predicted, Tensor):
            kind = type(predicted).__name__
            raise ModelError(f"{self.path}: {name}.forward returned a {kind}, not a Tensor")
        if predicted.shape != users.shape:
            if predicted.numel() != 1 or len(users) != 1:
                column = predicted.shape == (len(users), 1)
                raise ModelError(
                    f"{self.path}: {name}.forward returned shape {tuple(predicted.shape)} for"
                    f" {len(users)} ratings; it must be ({len(users)},)"
                    + (": add .squeeze(1)" if column else "")
                )
            predicted = predicted.reshape(1)  # squeeze() takes the batch away too, where it is one
        return predicted.float()


def inputs_of(
    module: nn.Module, users: Tensor, items: Tensor, positions: Tensor | None = None
) -> tuple[Any, ...]:
    """Return what the module's forward takes: users, items, and features where it reads any.

    `positions`: which of the data's ratings these are, so that their times are known.
    """
    known = getattr(module, "known", None)
    return (users, items) if known is None else (users, items, known.batch(users, items, positions))


def trainable(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield parameters by name; a table is called as its embedding, without `.weight`."""
    tables = _tables(module)
    for name, value in module.named_parameters():
        yield tables.get(name, name), value


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Return copies of all that decides a module's output: parameters and kept buffers."""
    tables = _tables(module)
    return {tables.get(name, name): to_numpy(value) for name, value in _kept(module)}


@torch.no_grad()
def load_arrays(module: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Set what `arrays_of` returned; raises KeyError or ValueError where names or shapes differ."""
    tables = _tables(module)
    for key, value in _kept(module):
        name = tables.get(key, key)
        array = np.array(arrays[name])
        if array.shape != tuple(value.shape):
            # copy_ would stretch a smaller array instead of objecting.
            raise ValueError(f"{name} has shape {array.shape}, not {tuple(value.shape)}")
        value.copy_(torch.from_numpy(array))


def to_numpy(value: Tensor) -> np.ndarray:
    """Return a copy of a tensor's values; numpy has no bfloat16, so that becomes float32."""
    value = value.detach().cpu()
    array: np.ndarray = (value.float() if value.dtype == torch.bfloat16 else value).numpy().copy()
    return array


def resident(array: np.ndarray, device: torch.device) -> Tensor:
    """Return the array on the device; codes become int64, which look-ups take anywhere."""
    if array.dtype.kind == "i":
        array = array.astype(np.int64, copy=False)
    return torch.from_numpy(np.array(array)).to(device)


@torch.no_grad()
def score(module: nn.Module, pairs: Pairs, device: torch.device) -> np.ndarray:
    """Return predicted ratings, float32, shape (n,), without dropout."""
    return _scored(module, module, pairs, device)


@torch.no_grad()
def score_members(module: RatingModel, pairs: Pairs, device: torch.device) -> np.ndarray:
    """Return each member's predicted ratings, float32, shape (n, members)."""
    return _scored(module, module.of_members, pairs, device)


def _scored(
    module: nn.Module, forward: Callable[..., Tensor], pairs: Pairs, device: torch.device
) -> np.ndarray:
    module.eval()
    found = []
    for start in range(0, len(pairs), SCORE_CHUNK):
        predicted = forward(*_inputs(module, pairs[start : start + SCORE_CHUNK], device))
        found.append(predicted.float().cpu().numpy())
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _inputs(module: nn.Module, pairs: Pairs, device: torch.device) -> tuple[Any, ...]:
    codes = resident(pairs.users, device), resident(pairs.items, device)
    known: KnownFeatures | None = getattr(module, "known", None)
    if known is not None and pairs.times is not None:
        return (*codes, known.batch_at(*codes, pairs.times))
    rated = None if pairs.positions is None else resident(pairs.positions, device)
    return inputs_of(module, *codes, rated)


@torch.no_grad()
def score_all_items(
    module: nn.Module, users: np.ndarray, n_items: int, device: torch.device
) -> np.ndarray:
    """Return users' predicted ratings of every item, float32, (len(users), n_items), no dropout."""
    if not isinstance(module, RatingModel):
        crossed = Pairs.crossed(users, np.arange(n_items))
        return score(module, crossed, device).reshape(len(users), n_items)
    module.eval()
    scores = np.empty((len(users), n_items), dtype=np.float32)
    at_once = max(1, SCORE_CHUNK // n_items)
    for start in range(0, len(users), at_once):
        part = slice(start, start + at_once)
        scores[part] = module.of_all_items(resident(users[part], device)).cpu().numpy()
    return scores


class ModuleScorer:
    """Scores pairs with a module on the CPU; `unit`: what the module predicts in."""

    def __init__(
        self,
        module: nn.Module,
        n_items: int,
        unit: RatingUnit = IDENTITY,
        features: Features | None = None,
    ) -> None:
        self._module = module
        self.features = features
        """What it reads."""
        self._unit = unit
        self._n_items = n_items

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, shape (n,), float32."""
        return self._unit.to_ratings(score(self._module, pairs, torch.device("cpu")))

    def spread(self, pairs: Pairs) -> np.ndarray | None:
        """Return the standard deviation of the members' predictions, in rating units, shape (n,).

        None where the model has one member alone.
        """
        if not isinstance(self._module, RatingModel) or self._module.n_members == 1:
            return None
        if not len(pairs):
            return np.empty(0, np.float32)
        found = score_members(self._module, pairs, torch.device("cpu"))
        spread: np.ndarray = found.std(axis=1, ddof=1) * self._unit.scale
        return spread

    @torch.no_grad()
    def summed(self, pair: Pairs) -> SummedPrediction | None:
        """Return what the prediction of one pair is the sum of; none of a model that is no sum."""
        module, cpu = self._module, torch.device("cpu")
        if not isinstance(module, RatingModel):
            return None
        module.eval()
        fields = module.field_sums(*_inputs(module, pair, cpu))
        if not fields:
            return None
        members = module.n_members
        told = f"mean of {members} members" if members > 1 else ""
        mean = to_numpy(module.get_buffer("mean")).astype(np.float64)
        return SummedPrediction(np.full(members, mean), tuple(fields), told, self._unit)

    def score_all_items(self, user: int) -> np.ndarray:
        """Return one user's predicted ratings of every item, shape (n_items,)."""
        users = np.array([user])
        found = score_all_items(self._module, users, self._n_items, torch.device("cpu"))
        return self._unit.to_ratings(found[0])


def _kept(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield parameters, then the buffers that a state dict would hold, each once."""
    yield from module.named_parameters()
    held = module.state_dict(keep_vars=True)
    yield from ((name, value) for name, value in module.named_buffers() if name in held)


def _tables(module: nn.Module) -> dict[str, str]:
    """Return how arrays are called whose torch name is another."""
    inner, aliases = (module.inner, module.aliases) if isinstance(module, Adapted) else (module, {})
    prefix = "inner." if inner is not module else ""
    names = {f"{prefix}{name}": name for name, _ in _kept(inner)} if prefix else {}
    for name, part in inner.named_modules():
        if isinstance(part, nn.Embedding):
            names[f"{prefix}{name}.weight"] = aliases.get(name, name)
    return names
