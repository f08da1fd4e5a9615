"""The kinds of input that are mutated: a sound one each, and a check with a reader of its own."""

import csv
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from witnesses import (
    HEADER,
    Row,
    gz_rows,
    json_rows,
    netflix_rows,
    number,
    objects_in,
    parquet_rows,
    rows_in,
    split_lines,
    texts_of,
    written,
    zip_rows,
)

from cftui.config import ConfigError
from cftui.questions.errors import QuestionError
from cftui.ratings.values import DataError
from cftui.runs.checkpoint import CheckpointError
from cftui.runs.directory import RunError

OURS = (DataError, QuestionError, ConfigError, CheckpointError, RunError)
"""What is raised with words for people."""
Check = Callable[[Path, bytes], bool]
"""Reads a file; returns whether it was told that something of it is not used. Raises Wrong."""


Witness = Callable[[bytes, str], set[Row]]
"""Returns the rows that bytes can be taken for, with this separator."""


class Wrong(Exception):
    """Something was loaded that does not stand in the file."""


@dataclass(frozen=True)
class Kind:
    """A kind of input."""

    path: Path
    data: bytes
    check: Check
    part: str = ""
    """Of a zip the members that are spoiled, so that the harm is below its checksums; a pattern."""
    called: str = ""
    """What words about it must hold; its name where this is empty."""

    def spoiled(self, spoil: Callable[[bytes, random.Random], bytes], draw: random.Random) -> bytes:
        """Return the input with harm done to it."""
        if not self.part:
            return spoil(self.data, draw)
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.data)) as old, zipfile.ZipFile(out, "w") as new:
            names = [name for name in old.namelist() if re.search(self.part, name)]
            chosen = draw.choice(names)
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, spoil(content, draw) if name == chosen else content)
        return out.getvalue()


def ratings(n: int = 60, odd: bool = False) -> list[tuple[str, str, str, str]]:
    """Return rows of ratings as texts."""
    draw = random.Random(n)
    words = ('a "b', "x,y", "Zoë", "M;N", "two words", "日本")
    return [
        (
            f"{words[k % 6]} {k}" if odd and k % 3 == 0 else str(100 + k % 17),
            str(2000 + k),
            str(draw.choice((0.5, 1, 2.5, 3, 4, 4.5, 5))),
            str(1_200_000_000 + 977 * k),
        )
        for k in range(n)
    ]


def delimited(separator: str, rows: Iterable[Sequence[str]], *, quoted: bool = False) -> str:
    """Return the text of a file with a header."""
    if len(separator) > 1:
        return "".join(f"{separator.join(row)}\n" for row in rows)
    out = io.StringIO()
    how = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=separator, quoting=how, lineterminator="\n")
    writer.writerows([HEADER, *rows])
    return out.getvalue()


# Checks


def check_ratings(
    witness: Witness, separator: str, first: set[Row], sure: Witness, cells: int = 1
) -> Check:
    """Return a check that all rows that are loaded stand in the file, mutated or not.

    `first`: those of the file as it was; `sure`: gives those that no reader may pass over;
    `cells`: ratings that a row of the file has.
    """
    from cftui.ratings.reading.preview import preview
    from cftui.ratings.reading.readers import read
    from cftui.ratings.sources.locate import locate

    def check(path: Path, data: bytes) -> bool:
        seen = preview(path)
        if not seen.columns and path.name not in seen.problem:
            raise Wrong(f"the preview has no columns and says {seen.problem!r}")
        table = read(locate(path))
        users, items = ([str(one) for one in ids] for ids in (table.user_ids, table.item_ids))
        loaded = {
            (users[u], items[i], v)
            for u, i, v in zip(table.user, table.item, table.value, strict=True)
        }
        there = witness(data, separator) if loaded - first else first
        if strange := loaded - first - there:
            raise Wrong(f"{len(strange)} of {len(loaded)} rows: {sorted(strange)[:3]}")
        lost = (
            first & sure(data, separator)
        ) - loaded  # what an open quote takes up is one row, which is named
        if len(lost) > cells * (table.unusable_rows + table.duplicates):
            raise Wrong(f"{len(lost)} rows are gone without a word: {sorted(lost)[:3]}")
        return bool(table.unusable_rows)

    return check


def check_titles(path: Path, data: bytes) -> bool:
    from cftui.ratings.reading.titles import read_titles
    from cftui.ratings.sources.packed import ArchivePart

    found = read_titles(
        [ArchivePart(path)], [str(n) for n in range(60)], "movieId", [ArchivePart(path)]
    )
    there = {tuple(fields[:2]) for text in texts_of(data) for fields in split_lines(text, ",")}
    there = {(one[0].strip(), one[1]) for one in there if len(one) == 2}
    there |= {
        (written([one.get("movieId")], str)[0], str(one.get("title")))
        for text in texts_of(data)
        for one in objects_in(text)
    }
    there |= {(n, f"Film {int(n) // 2}, The ({1950 + int(n)})") for n in map(str, range(60))}
    if strange := set(found.titles.items()) - there:
        raise Wrong(f"{len(strange)} titles: {sorted(strange)[:3]}")
    if found.warning and path.name not in found.warning:
        raise Wrong(f"a warning without the file: {found.warning}")
    if not found.titles and not found.warning:
        raise Wrong("no titles, and no word")
    return bool(found.warning)


def check_pairs(path: Path, data: bytes) -> bool:
    from cftui.ratings.reading.pair_file import read_pairs

    found = read_pairs(path, lambda user, item: user.isdigit() and item.isdigit())
    there = {
        (fields[0].strip(), fields[1].strip())
        for text in texts_of(data)
        for fields in split_lines(text, ",")
        if len(fields) > 1
    }
    if strange := set(zip(found.users, found.items, strict=True)) - there:
        raise Wrong(f"{len(strange)} pairs: {sorted(strange)[:3]}")
    return False


def check_export(path: Path, data: bytes) -> bool:
    from cftui.explore.importing.rows import read_export_file

    found = read_export_file(path)
    there = {tuple(map(str.strip, f)) for text in texts_of(data) for f in split_lines(text, ",")}
    for row in found.rows:
        if not any(row.titles[0] in one and number(one[-1]) == row.given for one in there if one):
            raise Wrong(f"{row}")
    return bool(found.left)


def ratings_kind(
    name: str,
    data: bytes,
    separator: str = ",",
    witness: Witness = rows_in,
    sure: Witness | None = None,
    cells: int = 1,
    **more: str,
) -> Callable[[Path], Kind]:
    """Return what makes a kind of ratings file in a folder."""
    once = partial(rows_in, once=True) if witness is rows_in else witness

    def make(folder: Path) -> Kind:
        first = (sure or witness)(data, separator)
        assert len(first) > 40, (name, len(first))
        check = check_ratings(witness, separator, first, sure or once, cells)
        return Kind(folder / name, data, check, **more)

    return make


def parquet() -> bytes:
    import pandas as pd

    out = io.BytesIO()
    rows = [(u, int(i), float(v), int(t)) for u, i, v, t in ratings()]
    pd.DataFrame(rows, columns=HEADER).to_parquet(out)
    return out.getvalue()


def zipped(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def netflix() -> str:
    parts = []
    for item in range(1, 7):
        parts.append(f"{item}:\n")
        parts += [
            f"{u},{int(float(v)) or 1},2005-09-{1 + k:02}\n"
            for k, (u, _, v, _) in enumerate(ratings(12))
        ]
    return "".join(parts)


def json_lines() -> str:
    rows = (
        {"userId": u, "movieId": int(i), "rating": float(v), "timestamp": int(t)}
        for u, i, v, t in ratings()
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def titles() -> str:
    rows = "".join(f'{n},"Film {n // 2}, The ({1950 + n})",Drama|War\n' for n in range(60))
    return "movieId,title,genres\n" + rows


def titles_array() -> str:
    rows = (
        {**row, "movieId": int(row["movieId"])} for row in csv.DictReader(io.StringIO(titles()))
    )
    return json.dumps([{**row, "genres": row["genres"].split("|")} for row in rows])


def letterboxd() -> str:
    rows = "".join(
        f"2020-01-{1 + n % 28:02},Film {n},{1950 + n},https://boxd.it/{n},{1 + n % 5}\n"
        for n in range(40)
    )
    return "Date,Name,Year,Letterboxd URI,Rating\n" + rows


def fixed(name: str, data: bytes, check: Check) -> Callable[[Path], Kind]:
    return lambda folder: Kind(folder / name, data, check)


CSV = delimited(",", ratings())
INPUTS: dict[str, Callable[[Path], Kind]] = {
    "csv": ratings_kind("ratings.csv", CSV.encode()),
    "tsv": ratings_kind("ratings.tsv", delimited("\t", ratings()).encode(), "\t"),
    "::": ratings_kind("ratings.dat", delimited("::", ratings()).encode(), "::"),
    "csv quoted": ratings_kind(
        "ratings.csv", delimited(",", ratings(odd=True), quoted=True).encode()
    ),
    "semicolons": ratings_kind(
        "ratings.csv", delimited(";", ratings(odd=True)).replace(".5;", ",5;").encode(), ";"
    ),
    "utf-16": ratings_kind("ratings.csv", delimited(",", ratings(odd=True)).encode("utf-16")),
    "latin-1": ratings_kind(
        "ratings.csv", delimited(",", ratings(odd=True)).replace("日本", "Ä").encode("latin-1")
    ),
    "blanks": ratings_kind("ratings.txt", re.sub(",", "   ", CSV).encode(), " "),
    "netflix": ratings_kind("combined.txt", netflix().encode(), ",", netflix_rows),
    "json lines": ratings_kind("ratings.jsonl", json_lines().encode(), ",", json_rows),
    "parquet": ratings_kind("ratings.parquet", parquet(), ",", parquet_rows),
    "gz": ratings_kind("ratings.csv.gz", gzip.compress(CSV.encode(), mtime=0), ",", gz_rows),
    "zip": ratings_kind(
        "mine.zip", zipped({"ml/ratings.csv": CSV, "ml/movies.csv": titles()}), ",", zip_rows
    ),
    "zip inside": ratings_kind(
        "mine.zip",
        zipped({"ml/ratings.csv": CSV, "ml/movies.csv": titles()}),
        ",",
        zip_rows,
        part=".",
    ),
    "titles": fixed("movies.csv", titles().encode(), check_titles),
    "titles array": fixed("movies.json", titles_array().encode(), check_titles),
    "pairs": fixed(
        "pairs.csv",
        ("userId,movieId\n" + "".join(f"{u},{i}\n" for u, i, _, _ in ratings())).encode(),
        check_pairs,
    ),
    "own export": fixed("letterboxd.csv", letterboxd().encode(), check_export),
}


def make_kind(name: str, folder: Path) -> Kind:
    """Return a kind of input, its files in a folder."""
    if name in INPUTS:
        return INPUTS[name](folder)
    return _others()[name](folder)


def names() -> tuple[str, ...]:
    """Return all kinds."""
    return *INPUTS, *_others()


def _others() -> dict[str, Callable[[Path], Kind]]:
    from mutated_frames import FRAMES
    from mutated_runs import RUN_FILES
    from mutated_texts import TEXTS

    return {**TEXTS, **FRAMES, **RUN_FILES}
