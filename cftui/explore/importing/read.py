"""Somebody's export from elsewhere as ratings of the data's items, each match with how sure."""

import re
from collections.abc import Iterable
from pathlib import Path

from cftui.explore.importing.links import imdb_links
from cftui.explore.importing.matching import Matcher, NoMatch
from cftui.explore.importing.rows import ExportFile, ExportRow, read_export_file
from cftui.explore.importing.scale import check_scale, scale_map
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.people import SURENESS, ExportLeft, ExportMatch, ExportRead, ReadExport
from cftui.ratings.values import Ratings

SUREST = {kind: place for place, kind in enumerate(SURENESS)}


@answers(ReadExport)
def answer_read_export(library: Library, question: ReadExport) -> ExportRead:
    """Read an exported file; keep nothing."""
    return read_export(library.ratings(question.store), Path(question.path), question.scale)


def read_export(
    ratings: Ratings, path: Path, scale: tuple[float, float] | None = None
) -> ExportRead:
    """Return what an exported file rates of these ratings' items, each item once.

    Raises QuestionError for a file that is no such export, and where scales cannot be mapped.
    """
    check_scale(scale)
    file = read_export_file(path, scale)
    _check_unscaled(path, file, ratings)
    onto = scale_map(file.scale, ratings)
    matcher = Matcher(ratings, imdb_links(ratings) if file.kind.imdb else {})
    found: list[tuple[ExportRow, ExportMatch]] = []
    left = list(file.left)
    for row in file.rows:
        try:
            code, sureness = matcher.match(row)
        except NoMatch as words:
            left.append(ExportLeft(row.line, row.title, row.year, str(words)))
            continue
        item, title = ratings.items.id_of(code), ratings.items.title_of(code)
        value = onto.value(row.given)
        match = ExportMatch(row.line, row.title, row.year, row.given, value, item, title, sureness)
        found.append((row, match))
    matches, repeated = _once(found)
    return ExportRead(
        kind=file.kind.name,
        profile=_name(path) if file.kind.name == "CSV" else file.kind.name.lower(),
        scale_words=onto.words,
        matches=tuple(matches),
        left=tuple(sorted([*left, *repeated], key=lambda row: row.line)),
        unrated=file.unrated,
    )


def _check_unscaled(path: Path, file: ExportFile, ratings: Ratings) -> None:
    """Raise QuestionError where a file of no known scale holds what is no value of the data."""
    if file.scale is not None:
        return
    for row in file.rows:
        if not ratings.takes(row.given):
            raise QuestionError(
                f"{path} line {row.line}: rating {row.given:g} is not within {ratings.low:g} to"
                f" {ratings.high:g}; say what the file's values can be, as in --scale 1-10"
            )


def _once(
    found: Iterable[tuple[ExportRow, ExportMatch]],
) -> tuple[list[ExportMatch], list[ExportLeft]]:
    """Return one match an item, the surest, of these the latest; and what it stands for."""
    best: dict[str, tuple[ExportRow, ExportMatch]] = {}
    repeated = []
    for row, match in found:
        loser = (row, match)
        before = best.get(match.item)
        if before is None or _rank(*loser) >= _rank(*before):
            best[match.item] = loser
            if before is None:
                continue
            loser = before
        winner = best[match.item][1]
        why = f"rated again in line {winner.line}, which stands: {winner.item_title}"
        repeated.append(ExportLeft(loser[1].line, loser[1].title, loser[1].year, why))
    return sorted((match for _, match in best.values()), key=lambda m: m.line), repeated


def _rank(row: ExportRow, match: ExportMatch) -> tuple[int, str, int]:
    return -SUREST[match.sureness], row.date, row.line


def _name(path: Path) -> str:
    """Return a profile's name for a file of any other kind."""
    return re.sub(r"[^\w -]", " ", path.stem).strip(" -_")[:40].strip() or "imported"
