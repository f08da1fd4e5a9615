"""`cftui predict`, `similar`: questions to a trained model."""

import csv
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from cftui.commands.console import (
    CommandError,
    Debug,
    Json,
    RunWord,
    UsageError,
    print_json,
    print_table,
    say,
)

Data = Annotated[str | None, typer.Option(help="Only runs on this data set are meant by `latest`")]
Best = Annotated[bool, typer.Option("--best", help="Use the weights at the best validation error")]


def open_known(data: str) -> Any:
    """Return a data set's ratings, columns mapped as when they were last opened."""
    from cftui.paths import resolve_source
    from cftui.ratings.sources.recent import last_mapping
    from cftui.ratings.store import open_ratings

    return open_ratings(resolve_source(data), last_mapping(data))


def load_run(word: str, data: str | None, *, best: bool, json: bool) -> Any:
    """Open a run's weights and say on stderr which run answers."""
    from cftui.library.trained import load_trained
    from cftui.runs.directory import RunError
    from cftui.runs.find import find_run

    fingerprint = None
    if data is not None:
        fingerprint = open_known(data).fingerprint
    try:
        run = find_run(word, fingerprint)
    except RunError as error:
        raise UsageError(str(error)) from None
    trained = load_trained(run, best=best)
    line = f"run {run.id}, step {trained.step:,}, on {trained.record.data_name}"
    if json:
        print_json({"event": "run", "run": run.id, "step": trained.step})
    else:
        print(line)
    return trained


def similar(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id, or part of its title")],
    *,
    metric: Annotated[str, typer.Option(help="cosine, dot or euclid")] = "cosine",
    n: Annotated[int, typer.Option("-n", min=1, help="How many")] = 10,
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out items with fewer ratings than this")
    ] = 1,
    run: RunWord = "latest",
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the items whose factors are nearest to an item's."""
    from cftui.explore.neighbours import neighbours
    from cftui.explore.search import find_item

    if metric not in ("cosine", "dot", "euclid"):
        raise UsageError(f"--metric {metric}: choose cosine, dot or euclid")
    trained = load_run(run, data, best=best, json=json)
    code = find_item(trained.ratings, item)
    rows = neighbours(trained, code, metric, n, min_ratings)  # type: ignore[arg-type]
    if json:
        for row in rows:
            print_json(row)
        return
    from cftui.text import plain

    items = trained.ratings.items
    if not rows:
        raise UsageError(f"no other item has {min_ratings:,} ratings; lower --min-ratings")
    print(f"nearest to {items.id_of(code)} {plain(items.title_of(code))}, by {metric}:")
    print_table(
        ("rank", "id", metric, "ratings", "title", "genres"),
        [
            (str(r.rank), r.item, f"{r.score:.3f}", f"{r.n_ratings:,}", r.title, r.genres)
            for r in rows
        ],
        right=("rank", "id", metric, "ratings"),
        yielding=("genres", "title"),
    )


def predict(
    *,
    user: Annotated[str | None, typer.Option(help="A user's id")] = None,
    item: Annotated[str | None, typer.Option(help="An item's id or title")] = None,
    split: Annotated[str | None, typer.Option(help="valid: every held-out rating")] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="A CSV file whose first two columns are user and item ids")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A .csv or .parquet file to write")] = None,
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
    if one:
        if user is None or item is None:
            raise UsageError("predict: --user and --item belong together")
        _predict_one(load_run(run, data, best=best, json=json), user, item, json=json)
        return
    if split not in (None, "valid"):
        raise UsageError(f"--split {split}: only the held-out ratings can be asked for: valid")
    if out is None or out.suffix not in (".csv", ".parquet"):
        raise UsageError("predict: --out needs a file name that ends in .csv or .parquet")
    trained = load_run(run, data, best=best, json=json)
    rows = _pairs(trained, pairs) if pairs is not None else None
    _predict_many(trained, rows, out, json=json)


def _predict_one(trained: Any, user: str, item: str, *, json: bool) -> None:
    from cftui.explore.predict import predict as predict_pair
    from cftui.explore.search import find_item
    from cftui.text import plain

    ratings = trained.ratings
    answer = predict_pair(trained, ratings.users.code_of(user), find_item(ratings, item))
    if json:
        print_json(answer)
        return
    actual = "" if answer.actual is None else f", who gave it {answer.actual:g}"
    title = "" if answer.title == answer.item else f" {plain(answer.title)}"
    print(f"{answer.predicted:.3f} for item {answer.item}{title} by user {answer.user}{actual}")
    for seen, kind in ((answer.user_seen, "user"), (answer.item_seen, "item")):
        if not seen:
            print(f"this {kind} has no rating in training: its factors are still the random start")


def _pairs(trained: Any, path: Path) -> tuple[list[int], list[int]]:
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


def _predict_many(
    trained: Any, pairs: tuple[list[int], list[int]] | None, out: Path, *, json: bool
) -> None:
    import numpy as np

    from cftui.explore.predict import actual_values, predict_valid
    from cftui.ratings.pairs import Pairs

    ratings = trained.ratings
    if pairs is None:
        positions, predicted = predict_valid(trained)
        users, items = ratings.user[positions], ratings.item[positions]
        actual = np.asarray(ratings.value[positions])
    else:
        users, items = (np.array(codes) for codes in pairs)
        predicted = trained.scorer.score(Pairs(users, items))
        actual = actual_values(ratings, users, items)
    columns = {
        "user": [ratings.users.id_of(code) for code in users.tolist()],
        "item": [ratings.items.id_of(code) for code in items.tolist()],
        "rating": actual,
        "prediction": predicted,
    }
    _write(out, columns)
    known = ~np.isnan(actual)
    mse = (
        float(((predicted.astype(np.float64) - actual)[known] ** 2).mean()) if known.any() else None
    )
    rmse = None if mse is None else math.sqrt(mse)
    if json:
        print_json({"event": "predicted", "pairs": len(predicted), "rmse": rmse, "out": str(out)})
    else:
        against = (
            "" if rmse is None else f"; RMSE {rmse:.6f} on the {int(known.sum()):,} rated ones"
        )
        print(f"{len(predicted):,} predictions written to {out}{against}")
    if pairs is None:
        _say_other_step(trained)


def _say_other_step(trained: Any) -> None:
    """Say so where the weights are not those that the run's own validation error is of."""
    record = trained.record
    if record.valid_step not in (None, trained.step):
        say(
            f"these weights are of step {trained.step:,}; the run's own RMSE,"
            f" {record.valid_rmse:.6f}, is of step {record.valid_step:,}, where its last whole"
            " epoch ended"
        )


def _write(out: Path, columns: dict[str, Any]) -> None:
    """Write the columns as CSV or Parquet, by the file's ending, whole or not at all."""
    from cftui.files import replacing

    try:
        with replacing(out) as temporary:
            if out.suffix == ".parquet":
                import pyarrow
                import pyarrow.parquet

                pyarrow.parquet.write_table(pyarrow.table(columns), temporary)
            else:
                _write_csv(temporary, columns)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror or error}") from None


def _write_csv(path: Path, columns: dict[str, Any]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for user, item, rating, prediction in zip(*columns.values(), strict=True):
            shown = "" if math.isnan(rating) else f"{rating:.9g}"
            writer.writerow((user, item, shown, f"{prediction:.9g}"))
