"""`cftui predict`: one rating, or many into a file."""

import csv
from collections.abc import Iterable
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
from cftui.questions.likes import WhyStars
from cftui.questions.trained import Predict, Prediction
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.explore.predict import PredictedPairs
    from cftui.library.trained import Trained


def predict(
    *,
    user: Annotated[str | None, typer.Option(help="A user's id")] = None,
    item: Annotated[str | None, typer.Option(help="An item's id or title")] = None,
    split: Annotated[str | None, typer.Option(help="valid: every held-out rating")] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="A CSV file whose first two columns are user and item ids")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A .csv or .parquet file to write")] = None,
    why: Annotated[
        bool, typer.Option("--why", help="With --user and --item: what the prediction is made of")
    ] = False,
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict one rating, or many into a file (user, item, rating, prediction)."""
    one, many = user is not None or item is not None, split is not None or pairs is not None
    if one == many or (split is not None and pairs is not None):
        raise UsageError("predict: give --user and --item, or --split valid, or --pairs FILE")
    from cftui.library.door import Library

    library = Library()
    if one:
        if user is None or item is None:
            raise UsageError("predict: --user and --item belong together")
        trained = open_run(library, run, data, best=best, json=json)
        answer = library.answer(Predict(trained.path, user, item))
        _print_one(answer, json=json)
        if why:
            reasons = WhyStars(trained.path, answer.item, user=answer.user)
            print_why_stars(library.answer(reasons), json=json)
        return
    if why:
        raise UsageError("predict: --why belongs to --user and --item")
    if split not in (None, "valid"):
        raise UsageError(f"--split {split}: only the held-out ratings can be asked for: valid")
    if out is None or out.suffix not in (".csv", ".parquet"):
        raise UsageError("predict: --out needs a file name that ends in .csv or .parquet")
    from cftui.explore.predict import predict_held_out, predict_pairs

    trained = open_run(library, run, data, best=best, json=json)
    if pairs is None:
        _write_many(predict_held_out(trained), out, json=json)
        _say_other_step(trained)
    else:
        _write_many(predict_pairs(trained, *_pairs(trained, pairs)), out, json=json)


def _print_one(answer: Prediction, *, json: bool) -> None:
    if json:
        print_json(answer)
        return
    actual = "" if answer.actual is None else f", who gave it {answer.actual:g}"
    title = "" if answer.title == answer.item else f" {plain(answer.title)}"
    print(f"{answer.predicted:.3f} for item {answer.item}{title} by user {answer.user}{actual}")
    for seen, kind in ((answer.user_seen, "user"), (answer.item_seen, "item")):
        if not seen:
            print(f"this {kind} has no rating in training: its factors are still the random start")


def _pairs(trained: "Trained", path: Path) -> tuple[list[int], list[int]]:
    """Return the codes of the pairs in a CSV file; raises UsageError naming the line."""
    users, items = trained.ratings.users, trained.ratings.items
    codes: tuple[list[int], list[int]] = ([], [])
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, None)
            if header is None or len(header) < 2:
                raise UsageError(f"{path} line 1: two columns are needed, user and item")
            for row in reader:
                if len(row) < 2:
                    raise UsageError(f"{path} line {reader.line_num}: {row} has no user and item")
                try:
                    found = users.code_of(row[0]), items.code_of(row[1])
                except ValueError as error:
                    raise UsageError(f"{path} line {reader.line_num}: {error}") from None
                codes[0].append(found[0])
                codes[1].append(found[1])
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: not a readable CSV file: {error}") from None
    if not codes[0]:
        raise UsageError(f"{path}: no pairs below the header")
    return codes


def _write_many(pairs: "PredictedPairs", out: Path, *, json: bool) -> None:
    columns: dict[str, Iterable[object]] = {
        "user": pairs.users,
        "item": pairs.items,
        "rating": pairs.actual,
        "prediction": pairs.predicted,
    }
    write_columns(out, columns)
    count, rmse = len(pairs.predicted), pairs.rmse
    if json:
        print_json({"event": "predicted", "pairs": count, "rmse": rmse, "out": str(out)})
        return
    against = "" if rmse is None else f"; RMSE {rmse:.6f} on the {pairs.n_rated:,} rated ones"
    print(f"{count:,} predictions written to {out}{against}")


def _say_other_step(trained: "Trained") -> None:
    """Say so where the weights are not those that the run's own validation error is of."""
    record = trained.record
    if record.valid_step not in (None, trained.step):
        say(
            f"these weights are of step {trained.step:,}; the run's own RMSE,"
            f" {record.valid_rmse:.6f}, is of step {record.valid_step:,}, where its last whole"
            " epoch ended"
        )
