"""Runs as Python sees them: followed, steered and asked."""

import dataclasses
import time
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cftui.api import answers
from cftui.api.follow import events_of, follow
from cftui.api.ids import codes_of, ids_of, like, text_of
from cftui.api.ratings import DataSet
from cftui.printing import put
from cftui.questions.band import ends_of
from cftui.questions.data import ColumnMapping
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.likes import LikelyItem
from cftui.questions.trained import Metric, Neighbour, Recommendation
from cftui.ratings.reading.columns import find_columns
from cftui.ratings.values import DataError, Vocabulary
from cftui.runs import directory
from cftui.runs.control import send
from cftui.runs.directory import RunError
from cftui.runs.event_log import EventTail, read_events, settled
from cftui.runs.events import Epoch, Failed, Resumed
from cftui.runs.find import find_run
from cftui.runs.history import read_history
from cftui.runs.index import RunsIndex
from cftui.runs.launch import Launched, launch_resume

POLL_SECONDS = 0.05
FLOATS = (
    "learning_rate",
    "weight_decay",
    "valid_mse",
    "best_valid_mse",
    "valid_recall",
    "valid_ndcg",
    "train_seconds",
    "created",
)
WHOLE = ("n_factors", "batch_size", "epoch", "epochs", "step")
"""Columns of numbers in a list of runs, some of which a run may not have."""
COUNTS = ("epoch", "step", "unseen_pairs", "list_users")
"""Columns of whole numbers in a run's history."""

Listed = Recommendation | LikelyItem | Neighbour

_children: list[Launched] = []
"""Trainers started here that may be going: somebody has to take note of their end."""


class TrainingError(RuntimeError):
    """A training that failed or died, or did not start; the message says why and what to do."""

    run: "TrainingRun | None" = None
    """The run, with its last good weights; none where it did not come to be."""


class TrainingRun:
    """A run, made here, on the screen or from the shell; get it by `train` or `open_run`."""

    def __init__(self, stored: directory.Run, launched: Launched | None = None) -> None:
        """Wrap a run's directory; `launched` is its trainer where it was started here."""
        self._stored = stored
        self._launched = launched

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        try:
            return f"<TrainingRun {self.id}{name}: {self.status}>"
        except RunError:
            return f"<TrainingRun {self.id}{name}: damaged>"

    @property
    def id(self) -> str:
        """Return the run's id."""
        return self._stored.id

    @property
    def name(self) -> str:
        """Return the name that it was given, or an empty text."""
        return self._stored.name()

    @property
    def path(self) -> Path:
        """Return the run's directory."""
        return self._stored.path

    @property
    def status(self) -> str:
        """Return starting, running, paused, finished, stopped, failed or died, as of now.

        Raises RunError where its files are damaged.
        """
        return self._stored.status().shown

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Return every setting by section and key: `run.settings["optimizer"]["learning_rate"]`.

        Raises RunError where its files are damaged.
        """
        return self._stored.config().to_settings()

    @property
    def ratings(self) -> DataSet:
        """Return the ratings it was trained on; raises RunError where they are gone or changed."""
        return DataSet(answers.trained_on(self._stored), self._stored.config().data)

    def wait(self, *, progress: bool = False) -> "TrainingRun":
        """Wait until training ends; return the run. `progress` prints a line an epoch.

        An interrupt (ctrl+c, a notebook's stop) stops the run with a checkpoint. Raises
        TrainingError if it fails or dies.
        """
        return self._follow(events_of(self._stored), progress=progress)

    def stop(self) -> None:
        """End a live run with a checkpoint, and wait until it has; what it learned is kept."""
        if self._stored.status().alive:
            send(self._stored.path, "stop")
        while self._is_going():
            time.sleep(POLL_SECONDS)

    def resume(self, *, progress: bool = False, wait: bool = True) -> "TrainingRun":
        """Go on with a paused, stopped, failed or died run from its checkpoint; return it.

        Otherwise as `train`. Raises RunError for a finished run, TrainingError as `wait` does.
        """
        status = self._stored.status()
        if status.record.state == "finished":
            raise RunError(f"{self.id} is finished; nothing is left to train")
        tail = events_of(self._stored, from_now=True)
        if not status.alive:
            self._launched = kept(launch_resume(self._stored))
            self._wait_for_trainer()
        elif status.record.state == "paused":
            send(self._stored.path, "resume")
        return self._follow(tail, progress=progress) if wait else self

    def history(self) -> pd.DataFrame:
        """Return the epochs so far, one a row.

        Columns: `epoch` (from 1), `step` (steps done), `train_loss`, `valid_mse`,
        `valid_mse_clipped` (cut to the range of the ratings) and `unseen_mse` (of held-out pairs
        never trained on, `unseen_pairs` of them) in squared rating units, `valid_rmse` in rating
        units, `learning_rate`, `seconds` (of the epoch) and `train_seconds` (since the start);
        `recall` and `ndcg` of the top 20 lists of `list_users` users, the same in all epochs,
        and `most_liked_ndcg`, what lists of the most liked would have with them.
        """
        found = settled(read_events(self._stored.events, Epoch, Resumed))
        rows = [dataclasses.asdict(event) for event in found if isinstance(event, Epoch)]
        kinds = {
            field.name: "int64" if field.name in COUNTS else "float64"
            for field in dataclasses.fields(Epoch)
            if field.name != "no_lists"
        }
        return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)

    def losses(self) -> pd.DataFrame:
        """Return the losses of the batches as they were reported, one report a row.

        Columns: `step`, then `loss` (mean), `low` and `high` of the steps since the last report and
        `smooth` (the lesson's moving average), in squared rating units, `learning_rate`, `seconds`.
        """
        curve = read_history(self._stored.events).curve
        return pd.DataFrame({name: np.array(column) for name, column in vars(curve).items()})

    def predict(
        self,
        pairs: pd.DataFrame,
        *,
        user: Hashable = None,
        item: Hashable = None,
        when: datetime | str = "",
    ) -> pd.DataFrame:
        """Return the frame with a column `prediction`: float32, in rating units.

        Of a model that tells how sure it is (`bayes-fm`, `fm` of several members) also with `low`
        and `high`, the ends of the band that 80 % of ratings are within. A pair that is rated is
        predicted as of the time of its rating, others as of now, of which no day is known; or all
        as of `when`, a time or its words ("2018-05-03"; UTC where no zone is named), which takes a
        model with fields of time.

        `user` and `item` name its columns of ids, else they are recognised as in files. NaN where
        an id is not among the ratings. Raises DataError where a column is not clear, RunError
        where the run has no weights, QuestionError for a time that is none or tells it nothing.
        """
        ratings = answers.trained(self._stored).ratings
        users = codes_of(ratings.users, _ids(pairs, "user", user))
        items = codes_of(ratings.items, _ids(pairs, "item", item))
        return pairs.assign(**answers.predictions(self._stored, users, items, str(when)))

    def recommend(
        self,
        user: object = None,
        n: int = 10,
        *,
        rated: Mapping[Any, float] | None = None,
        genre: str = "",
        min_ratings: int = 1,
        order: ListOrder = "likes",
    ) -> pd.DataFrame:
        """Return the n items that somebody has not rated and would like best, best first.

        Either a `user` by id, or `rated`: what somebody who is not in the data gave, such as
        `{"the matrix": 5, 2571: 4.5}` (items by id or title). Only items of a `genre`, with at
        least `min_ratings`, if asked. `order`: `likes` (what people who liked the same liked, and
        the run's predictions), `stars` (predictions alone) or `popular`.

        Index: `rank` from 1; columns: `item`, `title`, `genres`, `score` (by likes alone),
        `prediction` (rating units; for somebody new by fold-in, which takes a run of dot-bias or
        dot, or from the draws of bayes-fm, else NaN), `n_ratings`; of a model that tells how sure
        it is, after `prediction`, `low` and `high` as `predict` has them.

        Raises QuestionError for an unknown id or title, or one that is not clear.
        """
        if (user is None) == (not rated):
            raise QuestionError("recommend: give a user, or what somebody new has rated")
        only = ItemFilter(genre, min_ratings=min_ratings)
        rows: tuple[Recommendation, ...] | tuple[LikelyItem, ...]
        if rated:
            named = {text_of(own): float(value) for own, value in rated.items()}
            rows = answers.recommended_to_newcomer(self._stored, named, n, only, order)
        else:
            rows = answers.recommended(self._stored, text_of(user), n, only, order)
        return self._listed(rows, score="score", prediction="predicted")

    def similar(
        self, item: object, n: int = 10, *, min_ratings: int = 1, metric: Metric = "cosine"
    ) -> pd.DataFrame:
        """Return the n items whose factors are nearest to an item's, by id or part of a title.

        Index: `rank` from 1; columns: `item`, `title`, `genres`, `score`, `n_ratings`. The score is
        the `metric`: `cosine` or `dot` (higher is nearer), or `euclid` (lower is nearer). Items
        with fewer than `min_ratings`, or none in training, are left out.

        Raises QuestionError where the model has no item factors, or the item is not clear.
        """
        rows = answers.nearest(self._stored, text_of(item), n, min_ratings, metric)
        return self._listed(rows, score="score")

    def factors(self, of: Literal["item", "user"] = "item") -> pd.DataFrame:
        """Return the learned table of items or users, one a row.

        Index: ids; columns: the factors 0 to k-1, `bias` where the model has biases, and for items
        `title`. Whoever has no rating in training still has the factors of the random start.

        Products of factors, plus the biases, are what the model computes before its sigmoid. The
        model `dot` has none: its products are ratings in the unit that `attrs["trained_in"]`
        tells: "0.5-5", onto which the ratings' range is mapped, or, of older runs, "ratings".

        Raises QuestionError where the model has no such table.
        """
        if of not in ("item", "user"):
            raise QuestionError(f"factors of {of!r}: choose item or user")
        trained = answers.trained(self._stored)
        whose = trained.ratings.items if of == "item" else trained.ratings.users
        table = np.array(trained.require(f"{of}_factors"))
        bias = trained.item_bias if of == "item" else trained.user_bias
        frame = pd.DataFrame(table, index=pd.Index(ids_of(whose), name=of))
        if bias is not None:
            frame["bias"] = np.array(bias)
        if of == "item":
            frame["title"] = whose.titles()
        frame.attrs["trained_in"] = trained.record.trained_in
        return frame

    def _listed(self, rows: "Sequence[Listed]", **numbers: str) -> pd.DataFrame:
        return _listed(rows, answers.trained_on(self._stored).items, numbers)

    def _is_going(self) -> bool:
        if self._launched is not None and not self._launched.ended():
            return True
        return self._stored.status().alive

    def _wait_for_trainer(self) -> None:
        """Wait until a trainer that was just started has the run, or has ended."""
        while self._launched is not None and not self._launched.ended():
            if self._stored.status().alive:
                return
            time.sleep(POLL_SECONDS)

    def _follow(self, tail: EventTail, *, progress: bool) -> "TrainingRun":
        try:
            end = follow(tail, self._is_going, progress=progress)
        except KeyboardInterrupt:
            put(f"stopping {self.id} with a checkpoint", err=True)
            self.stop()
            raise
        if isinstance(end, Failed):
            raise failure(f"{self.id} failed: {end.message}", self)
        if end is None:
            raise failure(f"{self.id}: {self.status}\n{self._stored.log_end()}".strip(), self)
        return self


def failure(message: str, run: TrainingRun | None = None) -> TrainingError:
    """Return the error to raise for a run."""
    error = TrainingError(message)
    error.run = run
    return error


def kept(launched: Launched) -> Launched:
    """Return a trainer just started, held until it has ended."""
    _children[:] = [child for child in _children if not child.ended()]
    _children.append(launched)
    return launched


def open_run(run: str = "latest") -> TrainingRun:
    """Return a run by its id, a unique beginning of one or its name.

    `latest` is the newest that finished an epoch. Raises RunError where no run or several fit.
    """
    return TrainingRun(find_run(run))


def list_runs() -> pd.DataFrame:
    """Return all runs, newest first.

    Index: `id`; columns: `name`, `status`, `data`, `model`, `optimizer`, `schedule`,
    `learning_rate`, `weight_decay`, `n_factors`, `batch_size`, `epoch` (whole epochs done),
    `epochs` (asked for), `step`, `valid_mse` and `best_valid_mse` (squared rating units),
    `valid_recall` and `valid_ndcg` (of top 20 lists, after the last epoch), `train_seconds`,
    `created` (datetime64 in UTC), `notes`.
    """
    columns = (
        *("id", "name", "shown", "data", "model", "optimizer", "schedule", "learning_rate"),
        *("weight_decay", "n_factors", "batch_size", "epoch", "epochs", "step", "valid_mse"),
        *("best_valid_mse", "valid_recall", "valid_ndcg", "train_seconds", "created", "notes"),
    )
    rows = [[getattr(row, name) for name in columns] for row in RunsIndex().refresh()]
    frame = pd.DataFrame(rows, columns=list(columns)).rename(columns={"shown": "status"})
    frame = frame.astype(dict.fromkeys(FLOATS, "float64") | dict.fromkeys(WHOLE, "Int64"))
    frame["created"] = pd.to_datetime(frame["created"], unit="s", utc=True)
    return frame.set_index("id")


def _ids(pairs: pd.DataFrame, role: str, asked: Hashable) -> "pd.Series[Any]":
    """Return the column of ids; raises DataError where it is not clear which one that is."""
    if asked is not None:
        if list(pairs.columns).count(asked) != 1:
            raise DataError(f"the frame: {role}={asked!r} is not the label of one column")
        return pairs[asked]
    names = [str(label) for label in pairs.columns]
    place = find_columns(names, ColumnMapping()).places.get(role)
    if place is None:
        raise DataError(
            f"the frame: no column is clearly the {role} among {', '.join(names)!r}; name it:"
            f" predict(frame, {role}='…')"
        )
    return pairs.iloc[:, place]


def _listed(
    rows: "Sequence[Listed]", items: Vocabulary, numbers: Mapping[str, str]
) -> pd.DataFrame:
    """Return a list; `numbers` are columns by name, and what they are called in the rows."""
    return pd.DataFrame(
        {
            "item": like(items, [row.item for row in rows]),
            "title": [row.title for row in rows],
            "genres": [row.genres for row in rows],
            **{
                name: np.array([getattr(row, field) for row in rows], np.float64)
                for name, field in numbers.items()
            },
            **_ends(rows),
            "n_ratings": np.array([row.n_ratings for row in rows], np.int64),
        },
        index=pd.Index([row.rank for row in rows], name="rank", dtype="int64"),
    )


def _ends(rows: "Sequence[Listed]") -> dict[str, NDArray[np.float64]]:
    told = [row for row in rows if not isinstance(row, Neighbour)]
    return {name: np.array(column, np.float64) for name, column in ends_of(told).items()}
