"""Whether what trains computes what it should: every device and model against float64."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from cftui.config import RunConfig, method_of
from cftui.doctor.facts import TorchFacts
from cftui.doctor.finding import Finding, first_line
from cftui.doctor.reference import (
    EPOCHS,
    OPTIMIZERS,
    STEPS,
    STEPS_PER_EPOCH,
    Result,
    as_read,
    made_up_ratings,
    train_in_float64,
    trial_config,
)
from cftui.hyperparameters import MODELS
from cftui.hyperparameters.methods import USUAL
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines import choose
from cftui.training.engines.protocol import Engine
from cftui.training.learners.gradient import GradientLearner, begin_gradient_descent

SECTION = "arithmetic"
TOLERANCE = 5e-6
"""Greatest difference within 200 steps: of a loss as a share of it, of a parameter as a share of
its table's largest; of 1 where they are smaller.

float32 keeps 24 bits: 6e-8 of a number. On a CPU, with 25 seeds and the ratings of each batch added
up in another order, 200 steps ended at most 1e-6 apart. With the factors of matrix products rounded
to TF32's 11 bits (simulated), those of `net` ended 4e-4 apart and more.
"""
WHY = f"float32 rounding alone stays below {TOLERANCE:g}"
EngineMaker = Callable[[RunConfig, int], Engine]


def arithmetic_findings(
    devices: list[str], torch: TorchFacts, make_engine: EngineMaker | None = None
) -> Iterator[Finding]:
    """Yield the precision, then a finding a device, model and optimizer, and one a resumption."""
    yield _precision(torch)
    bench = _Bench(make_engine or choose.make_engine)
    for device in devices:
        for model in (name for name in MODELS if method_of(name) == USUAL):
            for optimizer in OPTIMIZERS:
                yield bench.compare(device, model, optimizer)
            yield bench.resume(device, model)


def _precision(torch: TorchFacts) -> Finding:
    tf32 = "on" if torch.tf32 else "off"
    words = f"float32 products: precision {torch.precision}, TF32 {tf32}"
    numbers = {"precision": torch.precision, "tf32": tf32}
    if torch.precision == "highest" and not torch.tf32:
        return Finding(SECTION, "precision", words, numbers=numbers)
    remedy = "unset TORCH_ALLOW_TF32_CUBLAS_OVERRIDE; results would differ in the fourth digit"
    return Finding(SECTION, "precision", words, "warn", remedy, numbers)


@dataclass
class _Bench:
    """Trains on the devices; what float64 gives is computed once a model and optimizer."""

    make_engine: EngineMaker
    ratings: TrainingRatings = field(default_factory=made_up_ratings)
    expected: dict[tuple[str, str], Result] = field(default_factory=dict)

    def compare(self, device: str, model: str, optimizer: str) -> Finding:
        """Return how far 200 steps on a device end from the same in float64, dropout left out."""
        name = f"{device} {model} {optimizer}"
        try:
            config = trial_config(model, optimizer, device, dropout=False)
            if (model, optimizer) not in self.expected:
                self.expected[model, optimizer] = train_in_float64(
                    config, as_read(config, self.ratings)
                )
            found, speed = self._trained(config)
        except Exception as error:  # a device may fail in any way; which is what is to be told
            return _broken(name, device, error)
        return _verdict(name, found, self.expected[model, optimizer], speed)

    def _trained(self, config: RunConfig) -> tuple[Result, float]:
        """Return where the steps lead, and how many the second half of them took a second."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of kernels in no fixed order: `resume` tells of them
            learner, half = self._started(config), EPOCHS // 2
            losses = [self._epoch(learner) for _ in range(half)]
            began = time.perf_counter()
            losses += [self._epoch(learner) for _ in range(half, EPOCHS)]
            speed = STEPS / 2 / (time.perf_counter() - began)
        return Result(np.concatenate(losses), learner.parameters()), speed

    def resume(self, device: str, model: str) -> Finding:
        """Return whether a restored state goes on as if never interrupted, dropout and all."""
        name = f"{device} {model} resume"
        try:
            config = trial_config(model, "adam", device, dropout=True)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                through, again = self._started(config), self._started(config)
                for _ in range(EPOCHS // 2):
                    self._epoch(through)
                half = through.parameters(), through.state(), through.place()
                for _ in range(EPOCHS // 2, EPOCHS):
                    self._epoch(through)
                again.restore(*half)
                for _ in range(EPOCHS // 2, EPOCHS):
                    self._epoch(again)
            apart = parameters_apart(again.parameters(), through.parameters())
        except Exception as error:
            return _broken(name, device, error)
        unordered = [first_line(w.message) for w in warned if isinstance(w.message, Warning)]
        return _resumed(name, device, apart, unordered)

    def _started(self, config: RunConfig) -> GradientLearner:
        ratings = as_read(config, self.ratings)
        return begin_gradient_descent(config, ratings, engine=self.make_engine(config, 1))

    def _epoch(self, learner: GradientLearner) -> np.ndarray:
        return learner.advance(STEPS_PER_EPOCH).losses


def loss_differences(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return how far each loss is from the expected one, as a share of it where that is over 1."""
    differences: np.ndarray = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    return differences


def parameters_apart(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> float:
    """Return the greatest difference of any parameter, as a share of the table's largest."""
    if found.keys() != expected.keys():
        return float("inf")
    return max(
        float(np.max(np.abs(found[name] - table)) / max(1.0, float(np.max(np.abs(table)))))
        for name, table in expected.items()
    )


def _verdict(name: str, found: Result, expected: Result, speed: float) -> Finding:
    loss = float(np.max(loss_differences(found.losses, expected.losses)))
    parameter = parameters_apart(found.parameters, expected.parameters)
    right = max(loss, parameter) <= TOLERANCE  # false for what is not a number, too
    numbers = {
        "steps": STEPS,
        "loss_apart": _number(loss),
        "parameter_apart": _number(parameter),
        "tolerance": TOLERANCE,
        "steps_per_second": round(speed, 1),
    }
    words = (
        f"{STEPS} steps against float64: losses {loss:.1e}, parameters {parameter:.1e} apart"
        f" (at most {TOLERANCE:g}); {speed:,.0f} steps/s"
    )
    if right:
        return Finding(SECTION, name, words, numbers=numbers)
    wrong = np.flatnonzero(~(loss_differences(found.losses, expected.losses) <= TOLERANCE))
    first = f"; the loss is wrong from step {wrong[0] + 1} on" if len(wrong) else ""
    remedy = f"{WHY}{first}: send this report, and train on another device"
    return Finding(SECTION, name, f"WRONG: {words}", "fail", remedy, numbers)


def _resumed(name: str, device: str, apart: float, unordered: list[str]) -> Finding:
    numbers = {"parameter_apart": _number(apart), "tolerance": TOLERANCE}
    if apart == 0:
        words = f"restored at step {STEPS // 2}, ends at the same weights, bit for bit"
        return Finding(SECTION, name, words, numbers=numbers)
    words = f"restored at step {STEPS // 2}, ends {apart:.1e} apart"
    if device != "cpu" and apart <= TOLERANCE:
        why = f": {unordered[0]}" if unordered else ""
        return Finding(
            SECTION, name, f"{words}: this device adds up in no fixed order{why}", "note",
            numbers=numbers,
        )  # fmt: skip
    remedy = "a resumed run would not be the run that was interrupted: send this report"
    return Finding(SECTION, name, f"WRONG: {words}", "fail", remedy, numbers)


def _broken(name: str, device: str, error: Exception) -> Finding:
    words = first_line(error)
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        remedy = "free its memory (nvidia-smi shows who holds it), then run this again"
    elif "no kernel image" in words:
        remedy = "this torch has no kernels for it: install one that does, pytorch.org/get-started"
    else:
        remedy = "send this report"
    if device != "cpu":
        remedy += "; until then train with --device cpu"
    return Finding(
        SECTION, name, f"{type(error).__name__}: {words}", "fail", remedy, {"error": words}
    )  # fmt: skip


def _number(value: float) -> float | str:
    """Return a number that JSON can hold; a word for one it cannot."""
    return value if np.isfinite(value) else str(value)
