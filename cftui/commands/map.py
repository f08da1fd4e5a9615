"""`cftui map`: items on a plane, as files for the Embedding Projector and for embedding atlases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cftui.commands.console import CommandError, Debug, Json, UsageError, print_json, say
from cftui.commands.opening import Best, Data, MaybeRun, fit_told, open_ratings_and_run
from cftui.commands.writing import write_columns
from cftui.printing import put
from cftui.questions.item_map import (
    ItemMap,
    ItemVectors,
    MapAxis,
    MapItems,
    MapMoments,
    MapOfItems,
    MappedItems,
    VectorsOfItems,
)
from cftui.remedies import cause
from cftui.text import plain

if TYPE_CHECKING:
    import numpy as np

    from cftui.library.door import Library

ENDINGS = (".parquet", ".csv")
NO_UMAP = (
    "map: --umap needs umap-learn, which is an extra: pip install 'cftui[umap]'; without it the"
    " file has principal components"
)


def map(
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder for vectors.tsv and metadata.tsv (Embedding Projector), or a .parquet"
            " or .csv file with x and y (embedding atlases)"
        ),
    ] = None,
    *,
    by: Annotated[
        str, typer.Option(help="run: by its item factors; likes: by who likes both")
    ] = "run",
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out items with fewer ratings than this")
    ] = 1,
    umap: Annotated[
        bool, typer.Option("--umap", help="x and y by UMAP, where umap-learn is installed")
    ] = False,
    at: Annotated[
        int | None,
        typer.Option(
            metavar="STEP", help="As the run was at a step, of those whose item factors it keeps"
        ),
    ] = None,
    run: MaybeRun = None,
    data: Data = None,
    best: Best = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell what the axes of the map are, and write the map to files."""
    if by not in {"run", "likes"}:
        raise UsageError(f"map: --by {by}: choose run or likes")
    if out is not None and out.suffix and out.suffix not in ENDINGS:
        raise UsageError("map: --out takes a folder, or a file that ends in .parquet or .csv")
    if umap and (out is None or out.suffix not in ENDINGS):
        raise UsageError("map: --umap goes with --out FILE.parquet or FILE.csv")
    reducer = _umap() if umap else None
    from cftui.library.door import Library

    library = Library()
    opened = open_ratings_and_run(library, run, data, best=best)
    used = opened.run if by == "run" else ""
    if not used:
        if run is not None:
            raise UsageError("map: --run goes with --by run")
        fit_told(library, opened.ratings, json=json)
    if at is not None:
        _check_moment(library, used, at)
    found = library.answer(MapOfItems(opened.store, used, at))
    _print_axes(found, opened.run_id if used else "", opened.ratings.name, json=json)
    if out is None:
        return
    items = library.answer(MapItems(opened.store))
    vectors = library.answer(VectorsOfItems(opened.store, used))
    kept = items.n_ratings >= min_ratings
    if out.suffix in ENDINGS:
        write_columns(out, _columns(items, found, vectors, kept, reducer))
        written = str(out)
    else:
        written = _write_projector(out, items, vectors, kept)
    told = {"items": int(kept.sum()), "left_out": int((~kept).sum()), "out": str(out)}
    if json:
        print_json({"event": "map", **told})
    else:
        put(f"{told['items']:,} items written to {written}")


def _check_moment(library: "Library", run: str, step: int) -> None:
    """Raise UsageError for a step at which a run's item factors were not kept."""
    if not run:
        raise UsageError("map: --at goes with a run: likes have no moments")
    steps = library.answer(MapMoments(run)).steps
    if step not in steps:
        told = ", ".join(f"{one:,}" for one in steps[:40])
        raise UsageError(f"map: no item factors of step {step:,} are kept; there are: {told}")


def _print_axes(found: ItemMap, run: str, name: str, *, json: bool) -> None:
    if json:
        for number, axis in enumerate(found.axes, start=1):
            goes = [{"what": what, "r": r} for what, r in axis.meanings]
            print_json({"event": "axis", "axis": number, "share": axis.share, "goes_with": goes})
        return
    by = f"run {run}, step {found.step:,}" if found.step is not None else f"likes on {name}"
    put(
        f"by {plain(by)}: {found.way}; components of the {found.n_fitted:,} items with"
        f" {found.min_ratings:,} ratings or more"
    )
    for number, axis in enumerate(found.axes, start=1):
        words = ", ".join(f"{plain(what)} {r:+.2f}" for what, r in axis.meanings) or "nothing"
        put(f"component {number}: {axis.share:.1%} of the variance; goes with {words}")
        put(f"   low  {_titles(axis, high=False)}")
        put(f"   high {_titles(axis, high=True)}")


def _titles(axis: MapAxis, *, high: bool) -> str:
    return "; ".join(plain(end.title) for end in (axis.high if high else axis.low)[:4])


def _columns(
    items: MappedItems,
    found: ItemMap,
    vectors: ItemVectors,
    kept: "np.ndarray",
    reducer: Any,
) -> dict[str, Any]:
    """Return the columns of an atlas, of the items that are kept."""
    import numpy as np

    codes = np.flatnonzero(kept).tolist()
    places = found.positions[kept]
    plane = places[:, :2]
    if reducer is not None:
        say(f"UMAP of {len(codes):,} items")
        plane = np.asarray(reducer.fit_transform(vectors.vectors[kept]), np.float32)
    columns: dict[str, Any] = {
        "item": [items.items[code] for code in codes],
        "title": [items.titles[code] for code in codes],
        "genres": [items.genres[code] for code in codes],
        "year": [int(items.years[code]) or None for code in codes],
        "n_ratings": items.n_ratings[kept],
        "mean": items.mean[kept],
        "known": vectors.known[kept].tolist(),
        "x": plane[:, 0],
        "y": plane[:, 1],
    }
    if found.bias is not None:
        columns["bias"] = found.bias[kept]
    for number, along in enumerate(places.T, start=1):
        columns[f"component_{number}"] = along
    return columns


def _write_projector(
    out: Path, items: MappedItems, vectors: ItemVectors, kept: "np.ndarray"
) -> str:
    """Write vectors.tsv and metadata.tsv as the Embedding Projector loads them; return where.

    One row an item in both, tabs between; vectors without a header, metadata with one. A tab or a
    line end within a title is a space.
    """
    import numpy as np

    from cftui.files import make_folder, replacing_together

    codes = np.flatnonzero(kept).tolist()
    rows = ("\t".join(f"{v:.6g}" for v in vectors.vectors[code].tolist()) for code in codes)
    told = ["title\titem\tgenres\tyear\tratings\tmean", *(_metadata(items, c) for c in codes)]
    try:
        make_folder(out)
        with replacing_together(out) as put_file:
            put_file(out / "vectors.tsv", "".join(f"{row}\n" for row in rows).encode())
            put_file(out / "metadata.tsv", "".join(f"{row}\n" for row in told).encode())
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {cause(error)}") from None
    return f"{out / 'vectors.tsv'} and metadata.tsv"


def _metadata(items: MappedItems, code: int) -> str:
    texts = (items.titles[code], items.items[code], items.genres[code])
    year = str(items.years[code] or "")
    numbers = (year, str(items.n_ratings[code]), f"{items.mean[code]:.2f}")
    return "\t".join([*(plain(text) for text in texts), *numbers])


def _umap() -> Any:
    """Return what reduces vectors to a plane; raises UsageError where it is not installed."""
    try:
        from umap import UMAP
    except ImportError:
        raise UsageError(NO_UMAP) from None
    # One thread, as a seed takes it: told of more, it warns about itself.
    return UMAP(n_components=2, metric="cosine", random_state=42, n_jobs=1)
