"""Files broken in every way we could think of: each loads rightly or is refused clearly."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from small import here

from cftui.ratings.reading import blocks, intake
from cftui.ratings.reading.preview import preview
from cftui.ratings.store import open_ratings
from cftui.ratings.values import DataError

H = "userId,movieId,rating,timestamp\n"
GOOD = H + "1,2,3,4\n5,6,4,8\n"
MANY = H + "".join(f"{n},{n % 7},3.5,{n}\n" for n in range(30_000))


@dataclass(frozen=True)
class Broken:
    """A file, and what must be said of it."""

    name: str
    data: bytes | str
    words: tuple[str, ...]
    """All are in the message."""


def packed(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def zstandard(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def tarred(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def encrypted() -> bytes:
    """Return a zip whose one member has the flag of encryption set, here and in the directory."""
    data = bytearray(packed({"ratings.csv": GOOD}, zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def with_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("ml/ratings.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def damaged(data: bytes) -> bytes:
    """Return the zip with one byte of its content changed."""
    at = len(data) // 3
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def parquet(**columns: list[object]) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(columns).to_parquet(out)
    return out.getvalue()


BOMB = H.encode() + b"1,2,3,4\n" * (9 << 18)

REFUSED = [
    Broken("empty.csv", "", ("the file is empty; give",)),
    Broken("blank.csv", " \n\n \n", ("the file is empty; give",)),
    Broken("header.csv", H, ("a header and no ratings; give",)),
    Broken("none.csv", "1,2,3,4\n4,5,6,8\n", ("no header", "more than one", "--rating-column")),
    Broken("texts.csv", "ann,x,y\nbob,z,w\n", ("no header", "--rating-column")),
    Broken("one.csv", "rating\n3\n4\n", ("line 1", "one column alone", "--separator")),
    Broken("two.csv", "user,rating\n3,4\n", ("line 1", "2 columns", "--separator")),
    Broken("movies.csv", "movieId,title,genres\n1,A,B\n", ("line 1", "user and rating", "title")),
    Broken("twice.csv", "user,item,rating,rating\n1,2,3,4\n", ("line 1", "3 (rating) and 4", "nu")),
    Broken("users.csv", "userId,uid,item,score\n1,1,2,3\n", ("1 (userId) and 2 (uid)", "--user")),
    Broken("bits.csv", MANY.encode() + b"\x01\xe9\0,3,4,5\n", ("line 30002", "not UTF-8", "save")),
    Broken("wide.csv", GOOD.encode("utf-16-le"), ("not text", "save it as UTF-8")),
    Broken("cut16.csv", GOOD.encode("utf-16")[:-1], ("UTF-16", "save the file as UTF-8")),
    Broken("random.csv", bytes(range(256)) * 40, ("not text", "give a CSV")),
    Broken("page.html", "<!DOCTYPE html>\n<p>Not found\n", ("one column alone", "--separator")),
    Broken("a.json", "[[1, 2, 3.0]]", ("JSON", "export")),
    Broken("b.json", '[{"user": 1, "item": 2}]', ("no column for rating",)),
    Broken("a.db", b"SQLite format 3\0" + bytes(99), ("not a sound SQLite file", "CSV")),
    Broken("a.bz2", b"BZh91AY&SY" + bytes(99), ("cut off or damaged", "again")),
    Broken("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99), ("7z", "unpack it")),
    Broken("quote.csv", GOOD + '7,"8,9,1\n2,3,4,5\n', ("line 4", "quotation mark", "close")),
    Broken("wild.csv", H + '"1,2,3,4\n' + MANY[len(H) :], ("line 2", "quotation", "close")),
    Broken("line.csv", H + "1,2," + "4" * 5_000_000 + ",3\n", ("line 2", "too large")),
    Broken("long.csv", "x" * 100_000, ("line 1", "too long for a header")),
    Broken("nan.csv", H + "1,2,nan,4\n\n1,3,,4\n", ("line 2", "'nan': not a number", "2 rows")),
    Broken("cut.csv.gz", gzip.compress(MANY.encode())[:-9], ("cut off or damaged", "again")),
    Broken("half.csv.gz", gzip.compress(MANY.encode())[:5000], ("cut off or damaged", "again")),
    Broken("bad.csv.gz", b"\x1f\x8bnot really" * 9, ("cut off or damaged", "again")),
    Broken("cut.csv.bz2", bz2.compress(MANY.encode())[:-9], ("cut off or damaged", "again")),
    Broken("cut.csv.xz", lzma.compress(MANY.encode())[:-9], ("cut off or damaged", "again")),
    Broken("bad.csv.xz", b"\xfd7zXZ\0" + bytes(99), ("cut off or damaged", "again")),
    Broken("cut.csv.zst", zstandard(MANY.encode())[:-9], ("cut off or damaged", "again")),
    Broken("bad.csv.zst", b"\x28\xb5\x2f\xfd" + bytes(99), ("cut off or damaged", "again")),
    Broken("empty.csv.gz", gzip.compress(b""), ("the file is empty",)),
    Broken("twice.gz", gzip.compress(gzip.compress(GOOD.encode())), ("not text",)),
    Broken("bomb.gz", gzip.compress(BOMB), ("grows to over", "not trusted")),
    Broken("bomb.bz2", bz2.compress(BOMB), ("grows to over", "not trusted")),
    Broken("bomb.xz", lzma.compress(BOMB), ("grows to over", "not trusted")),
    Broken("bomb.zst", zstandard(BOMB), ("grows to over", "not trusted")),
    Broken("a.tar.gz", tarred({"ratings.csv": GOOD}), ("a tar archive", "unpack it")),
    Broken("cut.zip", packed({"ratings.csv": MANY})[:-30], ("cut off or damaged", "again")),
    Broken("bad.zip", damaged(packed({"ratings.csv": MANY})), ("cut off or damaged", "again")),
    Broken("no.zip", packed({"README.txt": "read me"}), ("no file in this zip", "unpack")),
    Broken("empty.zip", packed({}), ("no file in this zip",)),
    Broken("two.zip", packed({"a.csv": GOOD, "b.csv": GOOD}), ("several files", "two.zip/b.csv")),
    Broken(
        "up.zip", packed({"../ratings.csv": GOOD}), ("'../ratings.csv' lies outside", "trusted")
    ),
    Broken("abs.zip", packed({"/etc/ratings.csv": GOOD}), ("lies outside", "not trusted")),
    Broken("drive.zip", packed({"C:\\ratings.csv": GOOD}), ("lies outside", "not trusted")),
    Broken("link.zip", with_link(), ("is a link", "not trusted")),
    Broken("locked.zip", encrypted(), ("ratings.csv: encrypted", "unpack it")),
    Broken("nested.zip", packed({"ratings.csv": packed({"ratings.csv": GOOD})}), ("packed twice",)),
    Broken("gz.zip", packed({"ratings.csv.gz": gzip.compress(GOOD.encode())}), ("packed twice",)),
    Broken("bomb.zip", packed({"ratings.csv": BOMB}), ("grows to over", "not trusted")),
    Broken("cut.parquet", parquet(user=[1], item=[2], rating=[3])[:-9], ("Parquet", "again")),
    Broken("head.parquet", b"PAR1" + bytes(200), ("not a sound Parquet file", "again")),
    Broken(
        "p.parquet", parquet(user=[1], film=[[1]], rating=[3]), ("column film holds list", "num")
    ),
    Broken("b.parquet", parquet(user=[1], item=[2], rating=[True]), ("rating holds bool",)),
    Broken("c.parquet", parquet(a=[1], b=[2], c=[3]), ("user and item and rating", "a, b, c")),
    Broken("z.parquet", parquet(user=[], item=[], rating=[]), ("no ratings",)),
]


@pytest.mark.parametrize("broken", REFUSED, ids=lambda broken: broken.name)
def test_a_broken_file_is_refused_in_words(
    broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / broken.name
    path.write_bytes(broken.data.encode() if isinstance(broken.data, str) else broken.data)
    assert here("data", "ingest", str(path)) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said and "a fault of cftui" not in said
    assert all(word in said for word in (broken.name, *broken.words)), said
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file() and p.name != ".lock"]


@pytest.mark.parametrize("broken", REFUSED, ids=lambda broken: broken.name)
def test_a_look_at_a_broken_file_is_always_an_answer(broken: Broken, tmp_path: Path) -> None:
    path = tmp_path / broken.name
    path.write_bytes(broken.data.encode() if isinstance(broken.data, str) else broken.data)
    seen = preview(path)
    # What is far from the beginning is only found by reading all.
    assert seen.columns or broken.name in seen.problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (H + "1,2,3," + "4" * 5000 + "\n", "line 2: longer than"),
        (MANY + '1,"2,3,4\n' + MANY, "line 30002: a quotation mark is not closed within"),
    ],
    ids=["line", "quotation"],
)
def test_a_row_without_end_does_not_fill_the_memory(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 500)
    monkeypatch.setattr(blocks, "LONGEST_RECORD", 2000)
    path = tmp_path / "ratings.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        open_ratings(path)


def test_hopeless_files_are_not_read_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 500)
    monkeypatch.setattr(intake, "HOPELESS", 100)
    path = tmp_path / "ratings.csv"
    path.write_text("user,item,rating\n" + "1,2,good\n" * 50_000)
    with pytest.raises(
        DataError, match=r"line 2: rating 'good': not .* none of the first 1.. rows"
    ):
        open_ratings(path)


def a_folder(tmp_path: Path) -> Path:
    return tmp_path


def a_ring(tmp_path: Path) -> Path:
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    return tmp_path / "ring"


def a_fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def a_device(tmp_path: Path) -> Path:
    return Path("/dev/null")


def a_member_that_is_not_there(tmp_path: Path) -> Path:
    (tmp_path / "a.zip").write_bytes(packed({"ratings.csv": GOOD}))
    return tmp_path / "a.zip" / "votes.csv"


def within_a_file(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(GOOD)
    return tmp_path / "a.csv" / "ratings.csv"


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (a_folder, 1, "no ratings.csv in this folder"),
        (a_ring, 2, "no data set and no file"),
        (a_fifo, 1, "not a regular file"),
        (a_device, 1, "not a regular file"),
        (a_member_that_is_not_there, 1, "holds no file 'votes.csv'; give the zip alone"),
        (within_a_file, 1, "no such file; give the path"),
    ],
)
def test_what_is_no_file_is_refused_in_words(
    make: Callable[[Path], Path],
    code: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert here("data", "ingest", str(make(tmp_path))) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said and words in said, said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(GOOD)
    path.chmod(0)
    assert here("data", "ingest", str(path)) == 1
    assert "Permission denied" in capsys.readouterr().err


@dataclass(frozen=True)
class Odd:
    """A file that looks broken and is not."""

    name: str
    data: bytes | str
    rows: list[tuple[str, str, float]]
    """User, item and value of what is usable."""
    unusable: int = 0


PAIR = [("1", "2", 3.0), ("5", "6", 4.0)]

LOADED = [
    Odd("bom.csv", "\ufeff" + GOOD, PAIR),
    Odd("utf16.csv", GOOD.encode("utf-16"), PAIR),
    Odd("utf16be.csv", b"\xfe\xff" + GOOD.encode("utf-16-be"), PAIR),
    Odd("utf32.csv", GOOD.encode("utf-32"), PAIR),
    Odd("latin.csv", (GOOD + "José,3,4,5\n").encode("latin-1"), [*PAIR, ("José", "3", 4.0)]),
    Odd("three.csv", "1,2,3\n5,6,4\n", PAIR),
    Odd("crlf.csv", GOOD.replace("\n", "\r\n"), PAIR),
    Odd("cr.csv", GOOD.replace("\n", "\r"), PAIR),
    Odd("crcrlf.csv", GOOD.replace("\n", "\r\r\n"), PAIR),
    Odd("unended.csv", GOOD.rstrip("\n"), PAIR),
    Odd("late.csv", "\n\n" + GOOD, PAIR),
    Odd("quoted.csv", '"userId","movieId","rating"\n"1","2","3"\n"5","6","4"\n', PAIR),
    Odd("spaces.csv", "userId, movieId, rating\n1, 2, 3\n 5 ,\t6, 4 \n", PAIR),
    Odd("semi.csv", "userId;movieId;rating\n1;2;3,0\n5;6;4\n", PAIR),
    Odd("comma.csv", 'userId,movieId,rating\n1,2,"3,0"\n5,6,4\n', PAIR),
    Odd("commas.csv", "a;user;item;rating\nx, y;1;2;3\n;5;6;4,0\n", PAIR),
    Odd("exp.csv", "user,item,rating\n1,2,30e-1\n5,6,+4.\n", PAIR),
    Odd("trailing.csv", "user,item,rating\n1,2,3,\n5,6,4,,\n,,\n", PAIR),
    Odd("inf.csv", GOOD + "1,9,inf,4\n1,8,-inf,4\n1,7,1e400,4\n1,6,1e39,4\n", PAIR, 4),
    Odd("less.csv", GOOD + "7,8\n9\n", PAIR, 2),
    Odd("more.csv", GOOD + "7,8,3,4,5\n", PAIR, 1),
    Odd("break.csv", GOOD + '7,"8\n9",3,4\n', PAIR, 1),
    Odd("minus.csv", H + "-1,-02,3,4\n", [("-1", "-02", 3.0)]),
    Odd("forty.csv", H + "1" * 40 + ",2,3,4\n", [("1" * 40, "2", 3.0)]),
    Odd("huge.csv", GOOD + "x" * 600 + ",2,3,4\n", PAIR, 1),
    Odd("nul.csv", H + "1\0,2,3,4\n1,2,4,4\n", [("1\0", "2", 3.0), ("1", "2", 4.0)]),
    Odd("esc.csv", H + "\x1b[31m,[b]x[/b],3,4\n", [("\x1b[31m", "[b]x[/b]", 3.0)]),
    Odd("rtl.csv", H + "שלום\u202e,日本語,3,4\n", [("שלום\u202e", "日本語", 3.0)]),
    Odd("inner.csv", H + 'a"b,c d,3,4\n', [('a"b', "c d", 3.0)]),
    Odd("double.csv", H + '"a""b","c,d",3,4\n', [('a"b', "c,d", 3.0)]),
    Odd("colon.dat", "a:b::2::3::978300760\n5::6::4::978300760\n", [("a:b", "2", 3.0), PAIR[1]]),
    Odd("pipes.csv", "user|item|rating\n1|2|3\n5|6|4\n", PAIR),
    Odd("amazon.csv", "A1,B1,5.0,1341100800\nA2,B1,4.0,1341100801\n",
        [("A1", "B1", 5.0), ("A2", "B1", 4.0)]),
    Odd("dates.csv", "user,item,rating,date\n1,2,3,2001-02-29\n5,6,4,2001-02-28\n", PAIR),
    Odd("joined.csv.gz", gzip.compress(GOOD.encode()) + gzip.compress(b"7,8,2,9\n"),
        [*PAIR, ("7", "8", 2.0)]),
    Odd("a.zip", packed({"x/u.data": "1\t2\t3\t4\n5\t6\t4\t8\n", "x/u.info": "2 users"}), PAIR),
    Odd("n.parquet", parquet(user=[1, None, 5], item=["2", "3", "6"], rating=[3, 1, 4]), PAIR, 1),
    Odd("f.parquet", parquet(user=[1.0, 5.0], item=["2", "6"], score=["3", "4,0"]), PAIR),
    Odd("i.parquet", parquet(uid=[1, 5], asin=[2, 6], stars=[3.0, 4.0], x=[[1], [2]]), PAIR),
    Odd("x.parquet", parquet(user=[1, 5, 9], item=[2, 6, 9], rating=[3, 4, float("inf")]), PAIR, 1),
]  # fmt: skip


@pytest.mark.parametrize("odd", LOADED, ids=lambda odd: odd.name)
def test_an_odd_file_loads_rightly(odd: Odd, tmp_path: Path) -> None:
    path = tmp_path / odd.name
    path.write_bytes(odd.data.encode() if isinstance(odd.data, str) else odd.data)
    ratings = open_ratings(path)
    found = zip(ratings.user, ratings.item, ratings.value.tolist(), strict=True)
    rows = [(ratings.users.id_of(u), ratings.items.id_of(i), value) for u, i, value in found]
    assert rows == odd.rows
    assert ratings.unusable_rows == odd.unusable == len(ratings.problems)
    assert preview(path).problem == ""


@pytest.mark.parametrize(
    "title", ["\x1b[2J", "[red]x[/]", "a\u202eb", "日本語", "x" * 5000, 'a "b"']
)
def test_titles_are_kept_and_shown_plainly(
    title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ratings.csv").write_text(GOOD, encoding="utf-8")
    quoted = '"' + title.replace('"', '""') + '"'
    (tmp_path / "movies.csv").write_text(f"movieId,title\n2,{quoted}\n", encoding="utf-8")
    assert open_ratings(tmp_path / "ratings.csv").items.title_of(0) == title
    assert here("data", "describe", str(tmp_path / "ratings.csv")) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("7,8", ("rating", "", "missing: 2 of 4 fields")),
        ("7,8,", ("timestamp", "", "missing: 3 of 4 fields")),
        ('7,"8', ("movieId", "8", "the file ends within quotation marks")),
        ('7,8,4,"9', ("timestamp", "9", "the file ends within quotation marks")),
        ('7,8,"two\nlines, three,\nfour', ("rating", "two\nlines", "the file ends within")),
        ('"7', ("userId", "7", "the file ends within quotation marks")),
    ],
)
@pytest.mark.parametrize("pack", ["csv", "gz", "zip"])
def test_a_row_cut_off_by_the_end_is_one_unusable_row(
    pack: str, end: str, problem: tuple[str, str, str], tmp_path: Path
) -> None:
    path = tmp_path / f"a.{pack}"
    text = (GOOD + end).encode()
    packings = {"csv": text, "gz": gzip.compress(text), "zip": packed({"ratings.csv": text})}
    path.write_bytes(packings[pack])
    ratings = open_ratings(path)
    assert len(ratings.value) == 2
    (told,) = ratings.problems
    assert (told.line, told.column) == (4, problem[0])
    assert told.value.startswith(problem[1]) and told.reason.startswith(problem[2])


HALVES = [
    whole.encode()[:-lost]
    for whole in ("7,8,3,é", "7,8,3,日", "7,Zo\U0001f600", "é", '7,8,3,"日', "日,5,3,4日")
    for lost in range(1, len(whole[-1].encode()))
]


@pytest.mark.parametrize("end", HALVES)
@pytest.mark.parametrize("before", ["", "9,Zoë,3,5\n"])
def test_a_file_that_ends_within_a_character_is_still_utf_8(
    end: bytes, before: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD.encode() + before.encode() + end)
    ratings = open_ratings(path)
    good = 2 + bool(before)
    assert len(ratings.value) == good and ratings.unusable_rows == 1
    assert (ratings.problems[0].line, ratings.warnings) == (good + 2, ())
    assert "the file ends within" in ratings.problems[0].reason
    assert not before or ratings.items.id_of(2) == "Zoë"
    assert preview(path).encoding == "utf-8"


def test_older_text_that_ends_like_half_a_character_stays_older_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("user,rating,item\n1,3,Zoë\n2,4,café".encode("cp1252"))
    ratings = open_ratings(path)
    assert [ratings.items.id_of(n) for n in range(2)] == ["Zoë", "café"]
    assert ratings.warnings == ("read as Windows-1252: line 2 is not UTF-8",)


def test_titles_cut_off_within_a_character_lack_one_alone(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text(GOOD, encoding="utf-8")
    text = "movieId,title\n2,Amélie\n6,Žižek é".encode()
    (tmp_path / "movies.csv").write_bytes(text[:-1])
    ratings = open_ratings(tmp_path / "ratings.csv")
    assert [ratings.items.title_of(n) for n in range(2)] == ["Amélie", "6"]
    assert "cp1252" not in str(ratings.warnings) and "1252" not in ratings.titles_from


def test_parquet_problems_name_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(user=["a", "b", None], item=[1, 2, 3], rating=["4", "five", "2"]))
    problems = open_ratings(path).problems
    assert [(p.counted, p.line, p.column, p.value) for p in problems] == [
        ("row", 2, "rating", "five"),
        ("row", 3, "user", ""),
    ]
