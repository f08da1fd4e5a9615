"""The files that people can export of what they rated elsewhere, told by their columns."""

from dataclasses import dataclass

Names = tuple[str, ...]


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file: which of its columns mean what, in lower case; the first that is there."""

    name: str
    own: Names
    """Columns that all such files have, and no others."""
    rating: Names
    titles: Names
    """Each names the same thing, perhaps in another language."""
    year: Names = ()
    scale: tuple[float, float] | None = None
    """Lowest and highest value; none where any can be."""
    step: float | None = None
    unrated: float | None = None
    """The value that says that there is none."""
    item: Names = ()
    imdb: Names = ()
    isbn: Names = ()
    kind: Names = ()
    """What the row is about: a film, a game …"""
    whose: Names = ()
    """Who rated: one person alone is read."""
    dated: Names = ()
    """Where the day of the rating stands, year first."""
    remedy: str = ""
    """What to export instead, where there are no ratings in it."""


FORMATS = (
    ExportFormat(
        "Letterboxd",
        own=("letterboxd uri", "name"),
        rating=("rating",),
        titles=("name",),
        year=("year",),
        scale=(0.5, 5.0),
        step=0.5,
        dated=("watched date", "date"),
        remedy="it lists films without ratings; give ratings.csv of the same export",
    ),
    ExportFormat(
        "IMDb",
        own=("const", "title type"),
        rating=("your rating",),
        titles=("title", "original title"),
        year=("year",),
        scale=(1.0, 10.0),
        step=1.0,
        imdb=("const",),
        kind=("title type",),
        dated=("date rated",),
        remedy="it is a list without your ratings; export the page Your ratings",
    ),
    ExportFormat(
        "Goodreads",
        own=("book id", "exclusive shelf"),
        rating=("my rating",),
        titles=("title",),
        year=("original publication year", "year published"),
        scale=(1.0, 5.0),
        step=1.0,
        unrated=0.0,
        isbn=("isbn", "isbn13"),
        dated=("date read", "date added"),
        remedy="it has no column My Rating; export your library once more",
    ),
    ExportFormat(
        "CSV",
        own=(),
        rating=("rating", "my rating", "your rating", "value", "score", "stars"),
        titles=("title", "name"),
        year=("year", "release year"),
        item=("item", "itemid", "movieid", "item id"),
        whose=("profile", "user", "userid", "user id"),
        dated=("date",),
        remedy="it needs a column rating, and one of title (with year) or item (an id here)",
    ),
)
NOT_FILMS = ("episode", "game", "podcast", "music")
"""Within what IMDb calls a title's type: rated there, and never an item beside films."""


def format_of(columns: Names) -> ExportFormat:
    """Return the kind of file that has these columns, in lower case; `CSV` for any other."""
    return next(kind for kind in FORMATS if set(kind.own) <= set(columns))


def is_readable(kind: ExportFormat, columns: Names) -> bool:
    """Tell whether a file of a kind has what names things and what rates them."""
    named = {*kind.titles, *kind.item, *kind.imdb} & set(columns)
    return bool(named and set(kind.rating) & set(columns))
