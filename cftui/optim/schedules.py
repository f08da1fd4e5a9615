"""Learning rates and momenta of a schedule's steps: arithmetic that every engine shares."""

import numpy as np

from cftui.hyperparameters import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    OneCycle,
    OptimizerParameters,
    ScheduleParameters,
)


def learning_rates(
    schedule: ScheduleParameters,
    base: float,
    steps_per_epoch: int,
    first: int,
    count: int,
    *,
    epochs: int,
) -> np.ndarray:
    """Return the learning rates of `count` steps from step `first` (from 0), shape (count,).

    `epochs`: how many there will be in all, which some schedules stretch over.
    """
    steps = np.arange(first, first + count)
    match schedule:
        case Constant():
            return np.full(count, base)
        case Cosine():
            return base * _annealed(steps / (steps_per_epoch * epochs))
        case CosineRestarts():
            rates: np.ndarray = base * _cosine_restarts(schedule, steps, steps_per_epoch)
            return rates
        case Exponential():
            decayed: np.ndarray = base * schedule.gamma ** (steps // steps_per_epoch)
            return decayed
        case OneCycle():
            low = 1 / schedule.start_div
            last = low / schedule.end_div
            return base * _one_cycle(schedule, steps, steps_per_epoch * epochs, low, 1, last)
    raise TypeError(f"no schedule for {type(schedule).__name__}")


def momenta(
    schedule: ScheduleParameters,
    optimizer: OptimizerParameters,
    steps_per_epoch: int,
    first: int,
    count: int,
    *,
    epochs: int,
) -> np.ndarray | None:
    """Return the momentum of `count` steps from step `first` (from 0), shape (count,).

    None where the schedule leaves it alone, or the optimizer has none.
    """
    if not isinstance(schedule, OneCycle) or not schedule.cycle_momentum:
        return None
    if not (getattr(optimizer, "momentum", 0) or hasattr(optimizer, "beta1")):
        return None
    steps = np.arange(first, first + count)
    high, low = schedule.high_momentum, schedule.low_momentum
    return _one_cycle(schedule, steps, steps_per_epoch * epochs, high, low, high)


def _one_cycle(
    schedule: OneCycle, steps: np.ndarray, total: int, first: float, middle: float, last: float
) -> np.ndarray:
    """Return cosine arcs from `first` to `middle` over the warm-up, then to `last` (Smith 2018).

    The turn is where torch.optim.lr_scheduler.OneCycleLR has it.
    """
    turn, end = schedule.warm_up * total - 1, total - 1
    rising = np.clip(steps / turn, 0, 1) if turn > 0 else np.ones(len(steps))
    falling = np.clip((steps - turn) / max(end - turn, 1e-9), 0, 1)
    up = middle + (first - middle) * _annealed(rising)
    down = last + (middle - last) * _annealed(falling)
    found: np.ndarray = np.where(steps <= turn, up, down)
    return found


def _cosine_restarts(
    schedule: CosineRestarts, steps: np.ndarray, steps_per_epoch: int
) -> np.ndarray:
    """Return the multiplier of each step: 1 at a cycle's start, towards 0 at its end.

    Loshchilov and Hutter 2017, eq. 5 with a lowest rate of 0, per step as the lesson's `fit`.
    """
    length, mult = schedule.cycle_len * steps_per_epoch, schedule.cycle_mult
    if mult == 1:
        return _annealed((steps % length) / length)
    starts, lengths = [0], [length]
    while len(steps) and starts[-1] + lengths[-1] <= int(steps[-1]):
        starts.append(starts[-1] + lengths[-1])
        lengths.append(lengths[-1] * mult)
    # In whole steps, so that no rounding moves a restart.
    cycle = np.searchsorted(starts, steps, side="right") - 1
    done = steps - np.array(starts)[cycle]
    return _annealed(done / np.array(lengths)[cycle])


def _annealed(share: np.ndarray) -> np.ndarray:
    multipliers: np.ndarray = 0.5 * (1 + np.cos(np.pi * share))
    return multipliers
