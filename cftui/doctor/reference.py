"""The same steps by another path: the model in float64, on the CPU, one plain update at a time."""

from dataclasses import dataclass, replace

import numpy as np

from cftui.config import RunConfig, make_config
from cftui.doctor.machine import machine_in_float64
from cftui.hyperparameters import MODELS, DataInfo, Fm
from cftui.models.initial import initial_values
from cftui.ratings.features import Features, Field, each_of, set_rows
from cftui.ratings.parts import TrainingRatings
from cftui.training.order import epoch_order

EPOCHS, N_RATINGS, BATCH = 4, 3190, 64
STEPS_PER_EPOCH = -(-N_RATINGS // BATCH)
"""50, the last of them of a shorter batch."""
STEPS = EPOCHS * STEPS_PER_EPOCH
SEED = 3
"""With which reduced precision shows well (see `TOLERANCE`)."""
N_USERS, N_ITEMS = 300, 400
N_CODES = 5
"""In a field of ratings, as features have them."""
OPTIMIZERS: dict[str, dict[str, float]] = {
    "sgd": {"learning_rate": 0.1, "weight_decay": 2e-4},
    "adam": {"learning_rate": 1e-2, "weight_decay": 2e-4, "eps": 1e-2},
}
"""Large steps, whatever suits the model, so that what is wrong shows within 200 of them; Adam with
a large eps: its usual one makes a gradient of rounding size as large as any other, so that float32
and float64 part ways (by up to 8e-4) although both are right."""


@dataclass(frozen=True)
class Result:
    """Where some steps led."""

    losses: np.ndarray
    """One a step, mean squared error of the batch before the step."""
    parameters: dict[str, np.ndarray]


def made_up_ratings() -> TrainingRatings:
    """Return ratings with some structure to learn, the same on every machine."""
    draw = np.random.Generator(np.random.Philox(SEED))
    pairs = draw.permutation(N_USERS * N_ITEMS)[:N_RATINGS]
    user, item = pairs // N_ITEMS, pairs % N_ITEMS
    taste, trait = draw.uniform(-1, 1, (N_USERS, 3)), draw.uniform(-1, 1, (N_ITEMS, 3))
    raw = 3.2 + (taste[user] * trait[item]).sum(1)
    value = np.clip(np.round(raw * 2) / 2, 0.5, 5.0)
    info = DataInfo(N_USERS, N_ITEMS, 0.5, 5.0)
    return TrainingRatings(
        user.astype(np.int32), item.astype(np.int32), value.astype(np.float32), info
    )


def as_read(config: RunConfig, ratings: TrainingRatings) -> TrainingRatings:
    """Return made-up ratings with the features that the model reads, one field of each kind."""
    if not config.model.reads:
        return ratings
    draw = np.random.Generator(np.random.Philox(SEED + 1))
    codes = draw.integers(-1, N_CODES, len(ratings)).astype(np.int32)
    fields = (
        each_of("user", "user", N_USERS),
        each_of("item", "item", N_ITEMS),
        Field.of_rows(
            "history", N_ITEMS, "user", set_rows(ratings.user, ratings.item, N_USERS), one_hot=False
        ),
        Field.of_ratings("place", N_CODES, codes),
    )
    counts = np.bincount(ratings.user), np.bincount(ratings.item)
    mean = float(ratings.value.mean())
    features = Features(ratings.user, ratings.item, *counts, mean, fields)
    info, positions = features.sized(ratings.info), np.arange(len(ratings))
    return replace(ratings, info=info, features=features, positions=positions)


def trial_config(model: str, optimizer: str, device: str, *, dropout: bool) -> RunConfig:
    """Return the settings of a trial; without dropout, every share left out is 0."""
    settings: dict[str, object] = {"name": model}
    if "members" in MODELS[model].model_fields:
        settings |= {"members": 2, "init_range": 0.1}
    if not dropout:
        settings |= {field: 0.0 for field in MODELS[model].model_fields if "dropout" in field}
    return make_config(
        {
            "model": settings,
            "optimizer": {"name": optimizer, **OPTIMIZERS[optimizer]},
            "schedule": "constant",
            "training": {"device": device, "seed": SEED, "batch_size": BATCH},
        }
    )


def train_in_float64(config: RunConfig, ratings: TrainingRatings) -> Result:
    """Return where the steps lead in float64; the model's own module, nothing of the engine.

    A factorization machine is not even that: its equation in numpy.

    The optimizer is made to take its plain path, a tensor and an operation at a time, instead of
    the fused kernels that train.
    """
    if isinstance(config.model, Fm):
        return Result(*machine_in_float64(config, ratings, EPOCHS))
    import torch

    from cftui.models import build_model
    from cftui.models.module import arrays_of, load_arrays
    from cftui.optim.torch_optim import make_optimizer

    model = build_model(config.model, ratings.info).double()
    load_arrays(model, initial_values(config.model, ratings.info, SEED))
    optimizer = make_optimizer(config.optimizer, model.parameters())
    for group in optimizer.param_groups:
        group["fused"] = group["foreach"] = False
    users, items = (torch.from_numpy(a.astype(np.int64)) for a in (ratings.user, ratings.item))
    values = torch.from_numpy(ratings.value.astype(np.float64))
    losses = []
    for epoch in range(EPOCHS):
        order = torch.from_numpy(epoch_order(SEED, epoch, len(ratings)))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = ((model(users[batch], items[batch]) - values[batch]) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return Result(np.array(losses), arrays_of(model))
