"""The kinds of files that people have: opened at once with the right columns, or one question."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import here

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading import blocks
from cftui.ratings.reading.preamble import below_title
from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.rewriting import tabs_for_blanks
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

Cells = Callable[[int], str]
ROWS = 8


def user(n: int) -> str:
    return str((7 * n + 3) % 11 + 1)


def item(n: int) -> str:
    return str((5 * n + 9) % 13 + 1)


def rating(n: int) -> str:
    return str((3 * n + 1) % 5 + 1)


def seconds(n: int) -> str:
    return str(1_300_000_000 + n)


def day(n: int) -> str:
    return f"2005-09-{n + 1:02}"


def told(ratings: Ratings) -> list[tuple[str, str, float]]:
    found = zip(ratings.user, ratings.item, ratings.value.tolist(), strict=True)
    return [(ratings.users.id_of(u), ratings.items.id_of(i), value) for u, i, value in found]


def of(pattern: str) -> Callable[[str], str]:
    """Return what writes a file: a header, if any, and rows of the pattern's fields."""

    def write(header: str) -> str:
        rows = [
            pattern.format(
                n=n, user=user(n), item=item(n), rating=rating(n), time=seconds(n), day=day(n),
                more=rating(n + 2), most=100 * (n % 4 + 1),
            )
            for n in range(ROWS)
        ]  # fmt: skip
        return "\n".join([*([header] if header else []), *rows, ""])

    return write


OPEN = [
    ("amazon1429", "id,name,asins,reviews.date,reviews.rating,reviews.username",
     "{n},Kindle,B0{item},2017-01-13T00:00:00.000Z,{rating},N{user}", "6 3 5 4"),
    ("beer", "brewery_id,brewery_name,review_time,review_overall,review_aroma,"
     "review_profilename,beer_style,review_taste,beer_name,beer_abv,beer_beerid",
     "1,X,{time},{rating},2,p{user},Ale,1.5,Beer {item},5.0,{item}", "6 11 4 3"),
    ("bgg", ",user,rating,comment,ID,name",
     '{n},u{user},{rating}.5,"hm, ok",{item},Game {item}', "2 5 3"),
    ("coursera", "reviews,reviewers,date_reviews,rating,course_id",
     '"x, y",By R{user},"Feb 12, 2020",{rating},c{item}', "2 5 4 3"),
    ("douban", "", "{user}\t{item}\t{rating}", "1 2 3"),
    ("eachmovie", "", "{user}\t{item}\t0.{rating}\t1\t1996-04-10 00:00:00", "1 2 3 5"),
    ("epinions", "", "{user} {item} {rating}", "1 2 3"),
    ("finefood", "Id,ProductId,UserId,ProfileName,HelpfulnessNumerator,Score,Time,Summary,Text",
     '{n},B00{item},A{user}X,"N ""x"" N",1,{rating},{time},ok,"one\ntwo, <br />"', "3 2 6 7"),
    ("foodcom", "user_id,recipe_id,date,rating,review",
     '{user},{item},{day},{rating},"Great, yes"', "1 2 4 3"),
    ("goodreads", "user_id,book_id,is_read,rating,is_reviewed", "{user},{item},1,{rating},0",
     "1 2 4"),
    ("hetrec", "userID\tmovieID\trating\tdate_day\tdate_month", "{user}\t{item}\t{rating}\t29\t10",
     "1 2 3"),
    ("zoned", "user_id,movie_id,rating,updated_at",
     "{user},{item},{rating},2015-01-01T00:00:00.000+0000", "1 2 3 4"),
    ("kdd", "user,item,rating,date,time", "{user},{item},{rating}0,{n},10:07:00", "1 2 3 4"),
    ("lastfm360", "", "0{user}a\tf8{item}\tartist {item}\t{most}", "1 2 4"),
    ("mal", "username,anime_id,my_watched_episodes,my_score,my_status,my_last_updated",
     "n{user},{item},12,{rating},2,{time}", "1 2 4 6"),
    ("mal2020", "user_id,anime_id,rating,watching_status,watched_episodes",
     "{user},{item},{rating},2,12", "1 2 3"),
    ("malprof", "uid,profile,anime_uid,text,score,scores,link",
     '{n},p{user},{item},"x, y",{rating},"{{}}",http://x', "2 3 5"),
    ("msd", "", "b80{user}\tSOAK{item}\t{rating}", "1 2 3"),
    ("netflix", "Cust_Id,Movie_Id,Rating,Date", "{user},{item},{rating},{day}", "1 2 3 4"),
    ("pgcopy", "", "{user}\t{item}\t{rating}\t2015-01-01 00:00:00+00", "1 2 3 4"),
    ("restaurant", "userID,placeID,rating,food_rating,service_rating",
     "U{user},{item},{rating},{more},1", "1 2 3"),
    ("nulls", "user_id,item_id,rating,created_at", "{user},{item},{rating},2015-01-01 00:00:00",
     "1 2 3 4"),
    ("tmdb", "userId,movieId,rating,timestamp", "{user},{item},{rating}.0,{time}", "1 2 3 4"),
    ("yelp", "review_id,user_id,business_id,stars,useful,funny,cool,text,date",
     'r{n},u{user},b{item},{rating}.0,0,0,0,"a\nb",2018-07-07 22:09:11', "2 3 4 9"),
    # Beside those: what else people have.
    ("amazon2018", "", "B001{item},A{user}XYZ,{rating}.0,{time}", "2 1 3 4"),
    ("amazon2014", "", "A{user}XYZ,B001{item},{rating}.0,{time}", "1 2 3 4"),
    ("amazon2023", "user_id,parent_asin,asin,rating,timestamp",
     "A{user},B{item},B{n},{rating},{time}", "1 2 4 5"),
    ("lastfm2k", "userID\tartistID\tweight", "{user}\t{item}\t{most}", "1 2 3"),
    ("book-crossing", '"User-ID";"ISBN";"Book-Rating"', '"{user}";"0{item}";"{rating}"', "1 2 3"),
    ("recbole", "user_id:token\titem_id:token\trating:float\ttimestamp:float",
     "{user}\t{item}\t{rating}\t{time}", "1 2 3 4"),
    ("critic", "critic,title,rating", "Jack {user},Film {item},{rating}", "1 2 3"),
    ("titles", "user,title,rating", '{user},"The ""Best"" {item}",{rating}', "1 2 3"),
    ("shops", "customer_uid,shop_id,num_tx", "A{user},{item},{rating}", "1 2 3"),
    ("names", "userId,username,movieId,movie,rating", "{user},n{user},{item},Film {item},{rating}",
     "1 3 5"),
    ("title in the ratings", "userId,movieId,rating,title", "{user},{item},{rating},Film {item}",
     "1 2 3"),
    ("film beside", "user,film,movieId,rating", "{user},Film {item},{item},{rating}", "1 3 4"),
    ("ids of another name", "user,thing,rating,title", "{user},{n},{rating},Film {item}", "1 4 3"),
    ("last is known", "user,item,mark", "{user},{item},{rating}", "1 2 3"),
    ("first is known", "who,item,rating", "{user},{item},{rating}", "1 2 3"),
    ("pandas index", "  user  item  rating", "{n}  {user}  {item}  {rating}", "2 3 4"),
    ("one blank", "user item rating", '{user} "a b{item}" {rating}', "1 2 3"),
    ("decimal commas", "", "{user} {item} {rating},5", "1 2 3"),
    ("comments", "# made in 2020\n# by hand\nuser,item,rating", "{user},{item},{rating}", "1 2 3"),
    ("commented header", "% konect\n% user item rating", "{user} {item} {rating}", "1 2 3"),
    ("matrix market", "%%MatrixMarket matrix coordinate real general\n%\n11 13 8",
     "{user} {item} {rating}", "1 2 3"),
    ("excel", "sep=;\nuser;item;rating", "{user};{item};{rating}", "1 2 3"),
    ("excel bars", '"sep=|"', "u{user}|{item}|{rating}", "1 2 3"),
    ("title cell", "My ratings,,\n\nuser,item,rating", "{user},{item},{rating}", "1 2 3"),
    ("title prose", "Ratings, user x item, all\nby hand\nuser;item;rating",
     "{user};{item};{rating}", "1 2 3"),
    ("title, no header", "My ratings", "{user},{item},{rating}", "1 2 3"),
    ("user, rating, item named", "movie;mark;user", "Film {item};{rating};{user}", "3 1 2"),
]  # fmt: skip
"""Name, header, a row, and the numbers of the columns of user, item, rating and time."""


@pytest.mark.parametrize(
    ("header", "pattern", "places"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN]
)
def test_files_of_the_field_open_with_the_right_columns(
    header: str, pattern: str, places: str, tmp_path: Path
) -> None:
    path = tmp_path / "ratings"
    path.write_text(of(pattern)(header))
    seen = preview(path)
    assert seen.problem == ""
    asked = ("user", "item", "rating", "timestamp")
    found = [getattr(seen.mapping, role) for role in asked if getattr(seen.mapping, role)]
    columns = [name.strip() for name in seen.columns]
    assert " ".join(str(columns.index(name) + 1) for name in found) == places
    if "Feb" in pattern:  # a date whose spelling is another matter
        return
    rows = told(open_ratings(path))
    assert len(rows) == ROWS
    for n, (own, other, _) in enumerate(rows):
        assert own.endswith((user(n), f"{user(n)}a", f"{user(n)}X", f"{user(n)}XYZ"))
        assert other.endswith(item(n))


@pytest.mark.parametrize(
    ("header", "pattern", "words"),
    [
        ("", "{user},{item},{item},0,{rating},{day}", "more than one column could be the rating"),
        ("user_id,product_id,reordered", "{user},{item},1", "'reordered' is only 0 or 1"),
        ("", "user_{user}\t2009-05-04T23:08:57Z\tf1b\tDeep {item}\t\tA song",
         "no column looks like ratings"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
         '53{n},85{item}A,"WHITE, X",{rating},12/1/2010 8:26,2.55,17{user},UK',
         "no column for rating among"),
        ("timestamp,visitorid,event,itemid,transactionid", "{time}000,{user},view,{item},",
         "no column for rating among"),
        ("", "{user},{rating},{most}", "looks less like ratings than another"),
        ("", "{user},{item},good", "the last column holds no numbers"),
        ("", "{n},{user},Film {item},{rating}", "the first column could number the rows"),
        ("user,age,rating", "{user},3{item},{rating}", "no column for item among"),
        ("id,user,rating", "{n},{user},{rating}", "no column for item among"),
        ("user,username,rating", "{user},n{user},{rating}", "no column for item among"),
        ("user,item,session_id", "{user},{item},{n}{rating}", "no column for rating among"),
        ("userId,movieId,tag,timestamp", "{user},{item},{n},{time}", "no column for rating among"),
        ("movieId,title,genres", "{item},Film {item},Drama", "no column for user and rating"),
        ("user,item,note,mark", "{user},{item},{n}x,x{rating}", "no column for rating among"),
        ("user,customer,item,rating", "{user},{user},{item},{rating}", "could both be the user"),
    ],
    ids=["ciao", "instacart", "lastfm1k", "order", "retailrocket", "counts or ratings", "words",
         "numbered", "age", "row ids", "names", "sessions", "tags", "titles", "no numbers",
         "two users"],
)  # fmt: skip
def test_what_is_not_clear_is_asked_in_words(
    header: str, pattern: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "ratings"
    path.write_text(of(pattern)(header))
    problem = preview(path).problem
    assert words in problem and "-column" in problem


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("douban", "no header: the columns are taken as user, item, rating"),
        ("amazon2018", "no header: the columns are taken as item, user, rating, time"),
        ("eachmovie", "taken as user, item, rating, (not used), time"),
        ("lastfm360", "column 4 looks like counts, not ratings; --values log"),
        ("lastfm2k", "column 'weight' looks like counts"),
        ("shops", "column 'num_tx' is taken for the rating: the only one left"),
        ("ids of another name", "column 'title' is taken for the item, not 'thing'"),
        ("kdd", "columns 4 (date) and 5 (time) could both be the time; 4 is taken"),
        ("comments", "lines 1 to 2 skipped: a comment"),
        ("excel", "line 1 names the separator"),
        ("title cell", "line 1 skipped: a title"),
        ("matrix market", "line 3 skipped: the size of the matrix"),
    ],
)
def test_what_was_taken_is_told_by_a_look_and_by_the_ratings(
    name: str, words: str, tmp_path: Path
) -> None:
    (header, pattern) = next(row[1:3] for row in OPEN if row[0] == name)
    path = tmp_path / "ratings"
    path.write_text(of(pattern)(header))
    seen = preview(path).notes
    assert any(words in note for note in seen)
    if name != "kdd":  # whose times are none
        assert set(seen) <= set(open_ratings(path).warnings)


def test_lines_that_are_not_utf8_are_windows_1252_wherever_they_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    path = tmp_path / "ratings"
    rows = [f"u{n};é{n % 7};{n % 5}" for n in range(20_000)]
    text = "user;item;rating\n" + "\n".join(rows)
    late = text.encode() + "\nJosé;€ 5;4\n".encode("cp1252")
    path.write_bytes(late)
    assert preview(path).notes == ()  # it is far from the beginning
    ratings = open_ratings(path)
    assert told(ratings)[-1] == ("José", "€ 5", 4.0)
    assert ratings.items.id_of(0) == "é0"
    assert ratings.warnings == ("read as Windows-1252: line 20002 is not UTF-8",)
    path.write_bytes(text.encode("latin-1"))
    seen = preview(path)
    assert (seen.encoding, seen.rows[0]) == ("windows-1252", ("u0", "é0", "0"))
    assert open_ratings(path).warnings == seen.notes == (
        "read as Windows-1252: line 2 is not UTF-8",
    )  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_netflix_blocks_are_read_across_pieces(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 64)
    lines, expected = [], []
    for own in range(1, 30):
        lines.append(f"{own}:")
        for n in range(own % 4):
            lines.append(f"{900 + n},{(own + n) % 5 + 1},2005-09-{n + 1:02}")
            expected.append((str(900 + n), str(own), float((own + n) % 5 + 1)))
    lines.insert(20, "")
    lines.append("901,x,2005-09-01")
    path = tmp_path / "combined_data_1.txt"
    path.write_bytes(end.join(lines).encode())
    seen = preview(path)
    assert seen.problem == "" and seen.format.startswith("Netflix Prize")
    assert seen.rows[0] == ("1", "900", "2", "2005-09-01")
    ratings = open_ratings(path)
    assert told(ratings) == expected
    assert [(p.line, p.value) for p in ratings.problems] == [(len(lines), "x")]


def test_runs_of_blanks_are_one_separator_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "ratings.txt"
    more = "\n".join(f"{n} c 2" for n in range(30, 60))
    path.write_text(f'# x\n\n 1   "a  b"\t4 \n\n22    c  3\n3 d  five  \n4 e\n{more}')
    ratings = open_ratings(path)
    assert told(ratings)[:3] == [("1", "a  b", 4.0), ("22", "c", 3.0), ("30", "c", 2.0)]
    assert len(ratings) == 32
    assert [(p.line, p.value) for p in ratings.problems] == [(6, "five"), (7, "")]
    path.write_text("user   item  rating\n1  2   3\n")
    assert len(open_ratings(path, ColumnMapping(separator="space"))) == 1


@given(st.lists(st.lists(st.text('aé \t"', max_size=4), max_size=4), max_size=6))
def test_blanks_become_tabs_line_by_line(lines: list[list[str]]) -> None:
    text = "".join(" ".join(fields) + "\n" for fields in lines)
    expected = "".join("\t".join(line.split()) + "\n" for line in text.split("\n")[:-1])
    if '"' not in text:
        assert tabs_for_blanks(text.encode()).decode() == expected
    assert tabs_for_blanks(text.encode()).count(b"\n") == len(lines)


def test_a_first_row_that_is_cut_off_does_not_say_how_many_columns_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ratings"
    path.write_text("7,3\n" + "".join(f"{user(n)},{item(n)},{rating(n)}\n" for n in range(ROWS)))
    ratings = open_ratings(path)
    assert len(ratings) == ROWS and [p.line for p in ratings.problems] == [1]


def test_the_shell_tells_how_a_file_was_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ratings"
    (pattern,) = (row[2] for row in OPEN if row[0] == "amazon2018")
    path.write_text(of(pattern)(""))
    words = "no header: the columns are taken as item, user, rating, time"
    assert here("data", "ingest", str(path)) == 0
    assert words in capsys.readouterr().out
    assert here("data", "describe", str(path)) == 0
    assert words in capsys.readouterr().out


def test_looking_for_a_title_splits_no_line_again_and_again() -> None:
    asked: list[str] = []
    lines = [(n, f"{n}::{n}::3::{n}") for n in range(1, 51)]

    def split(line: str) -> list[str]:
        asked.append(line)
        return line.split("::")

    assert below_title(lines, [split]).lines == lines
    assert len(asked) <= 2 * len(lines)  # one line may be of megabytes
