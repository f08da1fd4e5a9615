"""What the Train pane says in words: what a run will cost, and how it is doing."""

from collections.abc import Mapping, Sequence
from math import sqrt

from cftui.config import RunConfig
from cftui.hyperparameters import BayesFm, DataInfo
from cftui.hyperparameters.fields import TIMED
from cftui.questions.data import DataSummary
from cftui.runs.events import Failed, Finished
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.text import plain

BYTES_PER_RATING = 20
"""Resident on the device: two int64 codes and a float32 value."""
NAMED = 2
"""Fields that there is room to name; of more their number is said."""
STATE_MARKS = {
    "running": "▶",
    "paused": "‖",
    "finished": "✓",
    "failed": "✗",
    "died": "✝",
    "stopped": "■",
    "starting": "…",
}


def label_apart(row: RunRow, apart: Mapping[str, str]) -> str:
    """Return how a run is called in a list, and by what it differs from those that look alike."""
    told = apart.get(row.id)
    return f"{row.label}: {told}" if told else row.label


def cost_words(
    config: RunConfig | None, summary: DataSummary | None, counted: int | None = None
) -> str:
    """Return the parameter count, the memory and the steps per epoch of a run not yet started.

    `counted`: the parameters of a user's own model, where they are known.
    """
    if config is None:
        return ""
    if summary is None:
        return "reading the ratings …"
    if isinstance(config.model, BayesFm):
        chains = f"{config.model.chains} chain{'s' * (config.model.chains > 1)}"
        return f"{chains} of {config.training.epochs:,} sweeps\nan epoch is a sweep"
    info = DataInfo(summary.n_users, summary.n_items, summary.low, summary.high)
    parameters = config.model.parameter_count(info) or counted
    n_train = config.split.expected_training(summary.n_ratings, summary.n_users)
    steps = -(-n_train // config.settled(n_train).training.batch_size)
    avoidable = "fields" in type(config.model).model_fields
    if features := feature_words(config.model.reads, summary.untold, avoidable=avoidable):
        return f"{features}\n{steps:,} steps an epoch"
    if parameters is None:
        return f"parameters counted at the start\n{steps:,} steps an epoch"
    numbers = parameters * (1 + config.method.numbers_a_parameter)
    memory = 4 * numbers + BYTES_PER_RATING * n_train
    return f"{parameters:,} parameters, {_size(memory)}\n{steps:,} steps an epoch"


def feature_words(reads: Sequence[str], untold: Sequence[str], *, avoidable: bool) -> str:
    """Return which fields these ratings do not tell, and which are of no use for ratings to come.

    `avoidable`: whether the fields are chosen by words, of which `future` does without these.
    """
    absent = [field for field in reads if field in untold]
    ahead = [field for field in reads if field in TIMED and field not in untold]
    words = [f"not told by these ratings, left out: {', '.join(absent)}"] if absent else []
    if ahead:
        named = ", ".join(ahead) if len(ahead) <= NAMED else f"{len(ahead)} fields"
        one = len(ahead) == 1
        rest = f"; future: without {'it' if one else 'them'}" if avoidable else ""
        words.append(f"{named} use{'s' * one} when it was rated, unknown of ratings to come{rest}")
    return "\n".join(words)


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


def run_words(row: RunRow | None, history: History, batch_size: int) -> tuple[str, str, str]:
    """Return a run's state, its progress, and its speed and time left or how it ended."""
    if row is None:
        return ("", "", "")
    state, progress, rest = _told(row, history, batch_size)
    return plain(state), plain(progress), plain(rest)


def _told(row: RunRow, history: History, batch_size: int) -> tuple[str, str, str]:
    started = history.started
    state = f"{STATE_MARKS.get(row.shown, '·')} {row.label} {row.clock}  {row.shown}"
    if started is None:
        return (state, "", row.message or _before_start(row, history))
    total = started.epochs * started.steps_per_epoch
    present = min(len(history.epochs) + 1, row.epochs)
    if isinstance(history.end, Finished) and history.end.why:
        state, present = f"{state} early", history.end.epochs
    progress = f"epoch {present}/{row.epochs}  step {history.step:,}/{total:,}"
    if not row.alive:
        return (state, progress, _end_words(row, history))
    parts = []
    speed = history.steps_per_second
    if speed and row.shown == "running":
        parts.append(f"{speed:,.0f} steps/s")
        parts.append(f"{_clock((total - history.step) / speed)} left")
        parts.append(f"{speed * batch_size:,.0f} ratings/s")
    if len(history.curve):
        parts.insert(2, f"loss {history.curve.smooth[-1]:.4f}")
    return (state, progress, "  ".join([*parts, started.device]))


def _before_start(row: RunRow, history: History) -> str:
    if not history.whole:
        return "reading its events …"
    return "loading torch and the ratings" if row.alive else _end_words(row, history)


def _end_words(row: RunRow, history: History) -> str:
    end = history.end
    if isinstance(end, Failed):
        return end.message
    if row.shown == "died":
        return "its process is gone; p goes on from its checkpoint"
    if row.refit_of and isinstance(end, Finished) and end.outcome == "finished":
        return f"trained on all ratings, nothing held out  {end.train_seconds:.1f} s"
    best = end.best_valid_mse if isinstance(end, Finished) else None
    if isinstance(end, Finished) and best is not None:
        biases = (end.baselines or {}).get("biases")
        beside = "" if biases is None else f" (biases alone {biases:.4f})"
        more = "; p goes on" if end.outcome == "stopped" else ""
        early = f"  {end.why}" if end.why else ""
        return (
            f"best MSE {best:.4f}{beside}{early}  RMSE {sqrt(max(best, 0)):.4f}"
            f"  in epoch {end.best_epoch}{more}  {end.train_seconds:.1f} s"
        )
    return "p goes on from its checkpoint" if row.shown == "stopped" else row.message


def why_not_refit(row: RunRow | None) -> str | None:
    """Return why a run cannot be trained again on all ratings; none if it can."""
    if row is None:
        return "No run is there to train again: train one (3)"
    if row.refit_of:
        return f"{row.label} was trained on all ratings already"
    if row.best_valid_mse is None:
        return f"{row.label} has no whole epoch, so that nothing tells how good it is"
    return f"{row.label} is still going; x stops it" if row.alive else None


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
