"""Titles and genres that stand in the ratings file itself, beside each rating: the first holds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.blocks import Blocks
from cftui.ratings.reading.dialect import HEAD, Dialect, recognise
from cftui.ratings.reading.frames import COLUMNAR
from cftui.ratings.reading.jsonl import JsonHead, recognise_json, text_rows
from cftui.ratings.reading.movielens import genres_as_listed, with_year
from cftui.ratings.reading.table_text import titles_in_json
from cftui.ratings.reading.title_columns import TitleColumns, titles_within
from cftui.ratings.reading.titles import Found, Titles, is_about_movies, told_of
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ODD = 0.2
"""Share of an item's later rows that may have another text: what differs more is no title."""
ENOUGH_ROWS = 1000
"""Later rows that tell whether texts are titles."""


@dataclass
class _Gathering:
    """The first texts of each item, and in how many later rows they stand again."""

    rows: dict[str, Sequence[str]] = field(default_factory=dict)
    again: int = 0
    other: int = 0

    def add(self, batch: "pa.RecordBatch | pa.Table") -> None:
        """Take rows of text: the item, its title, and what else there is."""
        import pyarrow as pa

        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        pair, others = table.column_names[:2], table.column_names[2:]
        # One row for each item and title; of the other columns the first, which is enough.
        few = table.group_by(pair, use_threads=False).aggregate(
            [([], "count_all"), *((name, "first") for name in others)]
        )
        names = ["count_all", *pair, *(f"{name}_first" for name in others)]
        for count, own, *texts in zip(*(few[name].to_pylist() for name in names), strict=True):
            if own is not None and (texts[0] or "").strip():
                self._take(own.strip(), [text or "" for text in texts], count)

    def _take(self, own: str, texts: Sequence[str], count: int) -> None:
        known = self.rows.get(own)
        if known is None:
            self.rows[own] = texts
            self.again += count - 1
        elif known[0] == texts[0]:
            self.again += count
        else:
            self.other += count

    @property
    def odd(self) -> bool:
        """Return whether these are no titles but differ within an item, such as reviews."""
        return self.other > ODD * (self.again + self.other)

    @property
    def hopeless(self) -> bool:
        """Return whether that can be told already."""
        return self.again + self.other >= ENOUGH_ROWS and self.odd


def own_titles(files: SourceFiles, items: Collection[str]) -> Titles | None:
    """Return the titles in the ratings file; none where it has none, or not one an item."""
    import pyarrow as pa

    try:
        with files.ratings.open() as stream:
            head = stream.read(HEAD)
        if head.startswith(COLUMNAR):
            columns, batches = _parquet(files.ratings, files.mapping)
        elif told := recognise_json(head, files.mapping):
            columns, batches = _objects(files.ratings, told)
        else:
            columns, batches = _delimited(files.ratings, head, files.mapping)
        if columns is None:
            return None
        gathered = _Gathering()
        for batch in batches:
            gathered.add(batch)
            if gathered.hopeless:
                return None
    except (DataError, OSError, ValueError, pa.ArrowException):
        return None  # the ratings are read; what is wrong with the file was told there
    return _titles(files.ratings, columns, gathered, set(items))


def item_column(files: SourceFiles) -> str:
    """Return what the ratings call the items; empty where no name says it."""
    try:
        names, place = _item_place(files)
    except (DataError, OSError, ValueError):
        return ""
    return names[place] if place >= 0 else ""


def _item_place(files: SourceFiles) -> tuple[Sequence[str], int]:
    """Return the names of the columns and where the items stand; -1 without a name."""
    from cftui.ratings.reading.parquet import columns_of, open_parquet

    with files.ratings.open() as stream:
        head = stream.read(HEAD)
    if head.startswith(COLUMNAR):
        with open_parquet(files.ratings) as file:
            places = columns_of(file, files.mapping).places
            return file.schema_arrow.names, places.get("item", -1)
    if told := recognise_json(head, files.mapping):
        return told.names, told.guess.places.get("item", -1)
    dialect = recognise(head, files.mapping)
    return dialect.names, dialect.guess.places.get("item", -1) if dialect.header_line else -1


def _titles(
    part: ArchivePart, columns: TitleColumns, gathered: _Gathering, wanted: set[str]
) -> Titles | None:
    rows = {own: row for own, row in gathered.rows.items() if own in wanted}
    if gathered.odd or not rows:
        return None
    with_genres, with_years = columns.genres is not None, columns.year is not None
    titles = {own: with_year(row[0], row[-1] if with_years else "") for own, row in rows.items()}
    genres = {own: genres_as_listed(row[1]) for own, row in rows.items()} if with_genres else {}
    name = columns.names[columns.title].strip()
    dated = columns.names[columns.year] if columns.year is not None else ""
    found = Found(part, columns.names[columns.ids[0]], titles, genres, dated=dated)
    return Titles(
        titles,
        {own: text for own, text in genres.items() if text},
        told=f"column {name} of {told_of(found, len(wanted))}",
        movies=is_about_movies(f"{found.column} {name}", part.place.name),
    )


def _places(columns: TitleColumns) -> list[int]:
    """Return the places of item, title, genres and year, as far as there are such."""
    others = [place for place in (columns.genres, columns.year) if place is not None]
    return [columns.ids[0], columns.title, *others]


def _parquet(
    part: ArchivePart, mapping: ColumnMapping
) -> tuple[TitleColumns | None, Iterator[Any]]:
    import pyarrow as pa

    from cftui.ratings.reading.parquet import columns_of, open_parquet

    with open_parquet(part) as file:
        names = file.schema_arrow.names
        columns = titles_within(names, columns_of(file, mapping).places.get("item", -1))
    if columns is None:
        return None, iter(())
    places = _places(columns)

    def batches() -> Iterator[Any]:
        with open_parquet(part) as file:
            wanted = [names[place] for place in places]
            for batch in file.iter_batches(1 << 16, columns=wanted):
                texts = [batch.column(name).cast(pa.string()) for name in wanted]
                yield pa.RecordBatch.from_arrays(texts, list(map(str, places)))

    return columns, batches()


def _objects(part: ArchivePart, told: JsonHead) -> tuple[TitleColumns | None, Iterator[Any]]:
    columns = titles_in_json(told)
    if columns is None:
        return None, iter(())
    names = [columns.names[place] for place in _places(columns)]
    return columns, (text_rows(block, names) for block in told.blocks(part))


def _delimited(
    part: ArchivePart, head: bytes, mapping: ColumnMapping
) -> tuple[TitleColumns | None, Iterator[Any]]:
    dialect = recognise(head, mapping)
    item = dialect.guess.places.get("item", -1)
    if item < 0 or not dialect.header_line or len(dialect.split_at) != 1:
        return None, iter(())
    columns = titles_within(dialect.names, item)
    if columns is None:
        return None, iter(())
    return columns, _text_batches(part, dialect, _places(columns))


def _text_batches(part: ArchivePart, dialect: Dialect, places: Sequence[int]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.csv as pc

    names = [str(place) for place in range(len(dialect.names))]
    read = pc.ReadOptions(use_threads=False, column_names=names)
    parse = pc.ParseOptions(
        delimiter=dialect.split_at,
        newlines_in_values=True,
        invalid_row_handler=lambda row: "skip",
    )
    convert = pc.ConvertOptions(
        include_columns=list(map(str, places)), column_types=dict.fromkeys(names, pa.string())
    )
    for block in Blocks(part, dialect.encoding, dialect.skip, dialect.rewrite()):
        if block.text.strip():
            yield pc.read_csv(pa.BufferReader(block.text), read, parse, convert)
