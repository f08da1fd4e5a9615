"""What reading takes for granted of pyarrow, and what it comes to where rows are not plain."""

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.csv
import pytest
from loaded import modules_after

from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.reading import blocks
from cftui.ratings.reading.arrays import column_of, numbers_of, texts_of
from cftui.ratings.store import open_ratings


def split(text: bytes) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Return the rows of three fields that pyarrow finds, and those that it refuses."""
    refused: list[tuple[int, str]] = []

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        refused.append((row.number, row.text))
        return "skip"

    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader(text),
        pyarrow.csv.ReadOptions(use_threads=False, column_names=["a", "b", "c"]),
        pyarrow.csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=refuse),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys("abc", pyarrow.string()), strings_can_be_null=False
        ),
    )
    return [list(row.values()) for row in table.to_pylist()], refused


def test_pyarrow_counts_rows_from_1_refused_and_blank_ones_too() -> None:
    found, refused = split(b'1,2,3\n\n4,5\n6,"7\n7",8\n9\n')
    assert found == [["1", "2", "3"], ["", "", ""], ["6", "7\n7", "8"]]
    assert refused == [(3, "4,5"), (5, "9")]


@pytest.mark.parametrize(
    ("text", "found", "refused"),
    [
        (b'1,2,3\n4,5,"6\n.\n', [["1", "2", "3"], ["4", "5", "6\n.\n"]], []),
        (b'1,2,3\n4,"5,6\n.\n', [["1", "2", "3"]], [(2, '4,"5,6\n.')]),
    ],
)
def test_pyarrow_takes_a_quotation_open_at_the_end_for_a_row(
    text: bytes, found: list[list[str]], refused: list[tuple[int, str]]
) -> None:
    assert split(text) == (found, refused)


def test_pyarrow_takes_one_mark_of_the_encoding_away() -> None:
    assert split("\ufeff\ufeff1,2,3\n".encode())[0] == [["\ufeff1", "2", "3"]]


def test_columns_keep_what_they_are_made_of() -> None:
    for kind in (np.int32, np.int64):
        numbers = np.arange(-3, 9).astype(kind)
        assert numbers_of(column_of(numbers[::2])).tolist() == numbers[::2].tolist()
        assert numbers_of(column_of(numbers).slice(2, 5)).tolist() == numbers[2:7].tolist()
    flags = pyarrow.array([True, False, True, True]).slice(1)
    assert numbers_of(flags).tolist() == [False, True, True]
    assert texts_of(["a", "", "\u65e5\0"]).to_pylist() == ["a", "", "\u65e5\0"]
    assert len(texts_of([])) == 0


def test_reading_text_leaves_pandas_out(tmp_path: Path) -> None:
    source = bundled_folder() / BUNDLED / "ratings.csv"
    loaded = modules_after(
        "from pathlib import Path; from cftui.ratings.reading.readers import read;"
        f" from cftui.ratings.sources.locate import locate; read(locate(Path({str(source)!r})))"
    )
    assert "pyarrow" in loaded
    assert loaded.isdisjoint({"torch", "pandas"})


def test_rows_that_need_care_are_found_on_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line breaks in quotes, doubled quotes and spare commas, across the edges of blocks."""
    monkeypatch.setattr(blocks, "BLOCK", 1_000)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["user", "note", "item", "rating"])
    bad: list[int] = []
    for n in range(2_000):
        note = ("plain", 'said "so"', "two\nlines", "a\n\n\nb", ", ,")[n % 5]
        if n % 97 == 0:
            bad.append(out.getvalue().count("\n") + 1)
        writer.writerow([f"u{n}", note, n % 7, "x" if n % 97 == 0 else n % 5 + 1, *[""] * (n % 3)])
    (tmp_path / "ratings.csv").write_text(out.getvalue(), newline="")
    ratings = open_ratings(tmp_path / "ratings.csv")
    assert len(ratings.value) + len(bad) == 2_000
    assert ratings.unusable_rows == len(bad)
    assert [problem.line for problem in ratings.problems] == bad[:20]
    kept = [n for n in range(2_000) if n % 97]
    assert [ratings.users.id_of(code) for code in ratings.user.tolist()] == [f"u{n}" for n in kept]
    assert ratings.value.tolist() == [n % 5 + 1 for n in kept]
