"""`cftui predict`: one rating, or many into a file."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands.console import (
    Debug,
    Json,
    RunWord,
    UsageError,
    print_json,
    say,
)
from cftui.commands.opening import Best, Data, open_run
from cftui.commands.reasons import print_why_stars
from cftui.commands.writing import write_columns
from cftui.printing import put
from cftui.questions.band import DRAWN, EIGHTY, SPREAD, stars_words
from cftui.questions.likes import WhyStars
from cftui.questions.trained import Predict, Prediction
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.explore.predict import PredictedPairs
    from cftui.library.trained import Trained
    from cftui.ratings.reading.pair_file import AskedPairs


ENDINGS = (".csv", ".parquet", ".json")
BANDS = {
    EIGHTY: "a band that 80 % of ratings are within, as the model has it",
    SPREAD: "what members' predictions differ by: more ratings than 20 % are outside",
    DRAWN: "a band as the model has it, which held-out ratings do not show to hold 80 %",
}


def predict(
    *,
    user: Annotated[str | None, typer.Option(help="A user's id")] = None,
    item: Annotated[str | None, typer.Option(help="An item's id or title")] = None,
    split: Annotated[str | None, typer.Option(help="valid: every held-out rating")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="A file of user and item ids, in columns so named or the first two"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A .csv, .parquet or .json file to write")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="With --user and --item: what the prediction is made of")
    ] = False,
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="As of 2018-05-03, or 2018-05-03T20:15 (UTC), for a model with fields of time;"
            " without: as it was rated, else as of now, of which no day is known",
        ),
    ] = "",
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict one rating, or many into a file (user, item, rating, prediction).

    A model that tells how sure it is adds columns low and high: the ends of a band.
    """
    one, many = user is not None or item is not None, split is not None or pairs is not None
    if one == many or (split is not None and pairs is not None):
        raise UsageError("predict: give --user and --item, or --split valid, or --pairs FILE")
    from cftui.library.door import Library

    library = Library()
    if one:
        if user is None or item is None:
            raise UsageError("predict: --user and --item belong together")
        trained = open_run(library, run, data, best=best, json=json)
        answer = library.answer(Predict(trained.path, user, item, at))
        _print_one(answer, json=json)
        if why:
            reasons = WhyStars(trained.path, answer.item, user=answer.user, when=at)
            print_why_stars(library.answer(reasons), json=json)
        return
    if why:
        raise UsageError("predict: --why belongs to --user and --item")
    if at and split:
        raise UsageError("predict: --at is for pairs; held-out ratings are asked as of their own")
    if split not in (None, "valid"):
        raise UsageError(f"--split {split}: only the held-out ratings can be asked for: valid")
    if out is None or out.suffix not in ENDINGS:
        raise UsageError("predict: --out needs a file name that ends in .csv, .parquet or .json")
    from cftui.explore.predict import predict_held_out, predict_ids
    from cftui.explore.when import time_of

    trained = open_run(library, run, data, best=best, json=json)
    if pairs is None:
        if not len(trained.split.valid):
            raise UsageError(
                f"--split valid: nothing was held out from {trained.run}{_instead(trained)}"
            )
        _write_many(predict_held_out(trained), out, json=json)
        _say_other_step(trained)
    else:
        time, asked = time_of(trained, at), _read_pairs(trained, pairs)
        _write_many(predict_ids(trained, asked.users, asked.items, time), out, json=json)


def _instead(trained: "Trained") -> str:
    repeated = trained.record.refit_of
    return f"; ask the run that it repeats: --run {repeated}" if repeated else ""


def _print_one(answer: Prediction, *, json: bool) -> None:
    if json:
        print_json(answer)
        return
    actual = "" if answer.actual is None else f", who gave it {answer.actual:g}"
    title = "" if answer.title == answer.item else f" {plain(answer.title)}"
    whose = f"item {answer.item}{title} by user {answer.user}{actual}"
    put(f"{stars_words(answer, digits=3)} for {whose}")
    for seen, kind in ((answer.user_seen, "user"), (answer.item_seen, "item")):
        if not seen:
            put(f"this {kind} has no rating in training: the run has learned nothing from it")


def _read_pairs(trained: "Trained", source: Path) -> "AskedPairs":
    """Return the pairs of a file and say which columns they are; raises UsageError."""
    from cftui.explore.predict import knows_pair
    from cftui.ratings.reading.pair_file import read_pairs
    from cftui.ratings.values import DataError

    try:
        asked = read_pairs(source, partial(knows_pair, trained.ratings))
    except DataError as error:
        raise UsageError(str(error)) from None
    say(f"{source}: {asked.taken}")
    return asked


def _write_many(pairs: "PredictedPairs", out: Path, *, json: bool) -> None:
    columns: dict[str, Iterable[object]] = {
        "user": pairs.users,
        "item": pairs.items,
        "rating": pairs.actual,
        "prediction": pairs.predicted,
    }
    if pairs.bands is not None:
        columns |= {"low": pairs.bands.low, "high": pairs.bands.high}
    write_columns(out, columns)
    count, rmse, unknown = len(pairs.predicted), pairs.rmse, pairs.n_unknown
    if json:
        told = {"event": "predicted", "pairs": count, "unknown": unknown, "rmse": rmse}
        print_json({**told, "band": pairs.bands and pairs.bands.words, "out": str(out)})
        return
    against = "" if rmse is None else f"; RMSE {rmse:.6f} on the {pairs.n_rated:,} rated ones"
    put(f"{count - unknown:,} predictions written to {out}{against}")
    if pairs.bands is not None:
        put(f"low and high are the ends of {BANDS[pairs.bands.words]}")
    if unknown:
        put(f"{unknown:,} of {count:,} pairs are left empty: their user or item is not in the data")


def _say_other_step(trained: "Trained") -> None:
    """Say so where the weights are not those that the run's own validation error is of."""
    record = trained.record
    if record.valid_step not in (None, trained.step):
        say(
            f"these weights are of step {trained.step:,}; the run's own RMSE,"
            f" {record.valid_rmse:.6f}, is of step {record.valid_step:,}, where its last whole"
            " epoch ended"
        )
