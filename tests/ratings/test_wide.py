"""Tables of users by items: read cell by cell, and taken for nothing else."""

import random
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cftui.questions.data import ColumnMapping
from cftui.questions.sheet import Labels
from cftui.ratings.crosstab import crosstab
from cftui.ratings.reading import blocks
from cftui.ratings.reading.intake import RatingsTable
from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.readers import read
from cftui.ratings.sources.locate import locate
from cftui.ratings.values import DataError, Ratings
from cftui.sheet.export import write_cells


def triples(table: RatingsTable) -> list[tuple[str, str, float]]:
    users = [str(table.user_ids[code]) for code in table.user]
    items = [str(table.item_ids[code]) for code in table.item]
    return sorted(zip(users, items, table.value.tolist(), strict=True))


def loaded(path: Path, text: str) -> RatingsTable:
    path.write_text(text)
    return read(locate(path))


WIDE = "user,101,102,103,104\n1,,4,,2.5\n2,5,,,1\n7,,,3,\n"
THREE = [("1", "102", 4.0), ("1", "104", 2.5), ("2", "101", 5.0), ("2", "104", 1.0),
         ("7", "103", 3.0)]  # fmt: skip


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
@pytest.mark.parametrize("size", [(15, 15), (40, 300)])
def test_an_exported_crosstab_comes_back(
    size: tuple[int, int], ending: str, bundled: Ratings, tmp_path: Path
) -> None:
    shown = crosstab(bundled, *size)
    users = tuple(bundled.users.id_of(code) for code in shown.users.tolist())
    items = tuple(bundled.items.id_of(code) for code in shown.items.tolist())
    titles = tuple(map(bundled.items.title_of, shown.items.tolist()))
    write_cells(tmp_path / f"x{ending}", Labels(users, items, titles), shown.values, None)
    table = read(locate(tmp_path / f"x{ending}"))
    heads = items if ending == ".csv" else titles
    places = zip(*np.nonzero(~np.isnan(shown.values)), strict=True)
    assert triples(table) == sorted((users[n], heads[m], shown.values[n, m]) for n, m in places)
    filled = int((~np.isnan(shown.values)).sum())
    assert f"{size[0]} users by {size[1]} items, {filled:,} cells filled" in table.notes[0]


def test_a_table_is_what_pandas_melts_it_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    pick = random.Random(1)
    frame = pd.DataFrame(
        [[f"u{n}", *(pick.choice([None, None, 1, 2.5, 5]) for _ in range(12))] for n in range(200)],
        columns=["", *(f"Item {n}" for n in range(12))],
    )
    frame.to_csv(tmp_path / "a.csv", index=False, na_rep="NA", sep=";")
    long = frame.melt(id_vars="", var_name="item", value_name="rating").dropna()
    expected = sorted(long.itertuples(index=False, name=None))
    assert triples(read(locate(tmp_path / "a.csv"))) == expected
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert triples(read(locate(tmp_path / "a.xlsx"))) == expected


def test_rows_may_be_items(tmp_path: Path) -> None:
    assert triples(loaded(tmp_path / "a.csv", WIDE.replace("user", "movieId"))) == sorted(
        (item, user, value) for user, item, value in THREE
    )


def test_names_keep_their_letters_where_another_line_is_older_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    wide = re.sub(r"(10\d)", r"日本 \1 (1999)", WIDE)
    path.write_bytes(wide.encode() + "Zoë,,,,4\n".encode("cp1252"))
    expected = [*THREE, ("Zoë", "104", 4.0)]
    assert triples(read(locate(path))) == sorted((u, f"日本 {i} (1999)", v) for u, i, v in expected)


def test_what_cannot_be_a_rating_is_told_by_its_line_and_column(tmp_path: Path) -> None:
    wide = "\n\n" + WIDE + "\n8,x,4\n ,,3\n9,,,,,6\n" + "".join(
        f"{n},,4,,2.5\n" for n in range(10, 60)
    )  # fmt: skip
    table = loaded(tmp_path / "a.csv", wide)
    assert table.unusable_rows == 3
    assert [(p.line, p.column, p.value) for p in table.problems] == [
        (8, "101", "x"),
        (9, "user", ""),
        (10, "beyond the last", "6"),
    ]
    assert len(table.value) == len(THREE) + 1 + 2 * 50


def test_a_table_of_jester_has_its_rows_for_users(tmp_path: Path) -> None:
    pick = random.Random(2)
    rows = [[pick.choice([99, 99, -7.82, 3.5]) for _ in range(20)] for _ in range(30)]
    text = "".join(
        f"{20 - row.count(99)},{','.join(map(str, row))}\n" for row in rows
    )  # fmt: skip
    table = loaded(tmp_path / "jester.csv", text)
    assert triples(table) == sorted(
        (str(n), str(m), float(np.float32(value)))
        for n, row in enumerate(rows, 1)
        for m, value in enumerate(row, 1)
        if value != 99
    )
    assert any("99 is no rating" in words for words in table.notes)


def test_the_preview_tells_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(WIDE)
    seen = preview(tmp_path / "a.csv")
    assert (seen.format, seen.problem) == ("a table of users by 4 items", "")
    assert seen.rows[0] == ("1", "", "4", "", "2.5")
    assert len(read(locate(tmp_path / "a.csv", seen.mapping)).value) == len(THREE)


@pytest.mark.parametrize(
    "text",
    [
        "userId,age,income,children,kids\n" + "".join(f"{n},{n},,2,1\n" for n in range(9)),
        "userId," + ",".join(f"q{n}" for n in range(9)) + "\n" + "1" + ",4" * 9 + "\n",
        "user,1,2,3,4\n1,,4,,x\n2,y,,z,1\n",
        "user,1,2,3,4\n1,,4,,5\n1,5,,3,1\n",  # a user twice
        "user,1,2,3,3\n1,,4,,5\n2,5,,3,1\n",  # an item twice
        "user,1,2,3,4\n1,,4,,5\n2,5,,20150101,1\n",
        "user,rating,2,3,4\n1,,4,,5\n2,5,,3,1\n",
        "user,1,2\n1,,4\n2,5,\n",
    ],
)
def test_what_could_be_anything_is_no_table(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column for|columns"):
        loaded(tmp_path / "a.csv", text)


def test_a_mapping_that_names_an_item_means_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(WIDE)
    table = read(locate(tmp_path / "a.csv", ColumnMapping(item="101", rating="104")))
    assert len(table.value) + table.unusable_rows == 3
