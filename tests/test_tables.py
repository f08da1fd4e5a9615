"""The shell's tables on a terminal: what was asked for is whole at any width."""

import itertools
import re
import sys
from pathlib import Path

import pytest
from small import here, small_config

from cftui.commands.tables import GAP, fit, parts, total
from cftui.ratings.words import TAIL_HEADINGS
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]
WIDTHS = [60, 80, 120]
STYLE = re.compile(r"\x1b\[[0-9;]*m")
RUN = "20260101-120000-dot-bias-adam-abcd"
OTHER = "20260102-130000-dot-bias-adam-efgh"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with two runs on ratings whose titles and genres are longer than a line."""
    folder = tmp_path_factory.mktemp("wide")
    source = folder / "a-data-set-with-a-name"
    source.mkdir()
    pairs = itertools.product(range(30), range(40))
    rows = [f"{u},{i + 170000},{1 + (u * i) % 5},1260759144" for u, i in pairs if (u + i) % 3]
    (source / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows]))
    long = "and so on, for longer than a line of a usual terminal has room for, " * 2
    titles = [
        f'{i + 170000},"Film {i} {long}(1999)",{"|".join(["Adventure", "Documentary"] * 6)}'
        for i in range(40)
    ]
    (source / "movies.csv").write_text("\n".join(["movieId,title,genres", *titles]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CFTUI_HOME", str(folder / "home"))
        for name, epochs in ((RUN, 1), (OTHER, 2)):
            config = small_config(source, training={"epochs": epochs})
            start_run(config, lambda _: None, run_id=name, began=0.0)
    return folder / "home"


@pytest.fixture(params=WIDTHS)
def width(
    request: pytest.FixtureRequest,
    world: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> int:
    """Stand in that home, at a terminal of this width."""
    monkeypatch.setenv("CFTUI_HOME", str(world))
    monkeypatch.setenv("COLUMNS", str(request.param))
    # Of the class: what captures is made anew for each phase of a test.
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    return int(request.param)


def table(capsys: Capture, heading: str) -> list[str]:
    """Return the lines from a table's headings on, without colours."""
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    start = next(n for n, line in enumerate(lines) if line.split()[:1] == [heading])
    return [line.rstrip() for line in lines[start:]]


ASKED = [
    (["similar", "170003", "-n", "5"], ["rank", "id", "score", "both", "lift"]),
    (["similar", "170003", "--run", RUN, "-n", "5", "--by", "cosine"], ["rank", "id", "cosine"]),
    (["similar", "170003", "--run", RUN, "-n", "5", "--by", "euclid"], ["rank", "id", "euclid"]),
    (["recommend", "--user", "3", "--run", RUN, "-n", "5"], ["rank", "id", "score", "predicted"]),
]


@pytest.mark.parametrize(("words", "whole"), ASKED)
def test_rank_id_and_value_are_whole(
    words: list[str], whole: list[str], width: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here(*words) == 0
    heads, *rows = table(capsys, "rank")
    n = len(whole) + 1
    assert heads.split()[: n + 1] == [*whole, "ratings", "title"]
    assert not [line for line in (heads, *rows) if len(line) > width]
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: False)
    assert here(*words) == 0
    plain = [line.split("\t")[:n] for line in capsys.readouterr().out.splitlines()]
    assert [row.split()[:n] for row in rows] == plain[plain.index(heads.split()[:n]) + 1 :]


def test_genres_give_way_before_titles(width: int, capsys: Capture) -> None:
    assert here("similar", "170003", "--run", RUN, "-n", "5") == 0
    heads, *rows = table(capsys, "rank")
    assert heads.split()[-1] == "genres"
    title, genres = heads.index("title"), heads.index("genres")
    assert all(len(row[genres:]) == 8 and row.endswith("…") for row in rows)
    assert all(len(row[title:genres].strip()) == genres - title - GAP for row in rows)


def test_what_a_run_is_worth_fits(width: int, capsys: Capture) -> None:
    assert here("evaluate", "--run", RUN) == 0
    heads, *rows = table(capsys, "method")
    assert heads.split()[:3] == ["method", "RMSE", "MAE"] and "NDCG" in heads
    assert ("popul." in heads) == (width >= 80)
    assert [row.split()[0] for row in rows[:3]] == ["run", "mean", "biases"]
    assert re.search(r"run +\d\.\d{3}±\d\.\d{3}", rows[0])
    rows = [row for row in rows if not row.startswith("  cftui ")]  # to be copied as it stands
    assert not [line for line in (heads, *rows) if len(line) > width]


def test_the_list_of_runs_has_id_state_and_error(width: int, capsys: Capture) -> None:
    assert here("runs", "list") == 0
    heads, *rows = table(capsys, "run")
    assert {row.split()[0] for row in rows} == {RUN, OTHER}
    assert "state" in heads and heads.count("best MSE") == 1
    for row in rows:
        assert "finished" in row and re.search(r"\d\.\d{4}", row)
    assert ("NDCG@20" in heads) == (width >= 80)
    assert ("time" in heads) == ("recall@20" in heads) == (width >= 120)
    assert not [line for line in (heads, *rows) if len(line) > width]


def test_differences_are_side_by_side_with_every_value(width: int, capsys: Capture) -> None:
    assert here("runs", "diff", RUN, OTHER) == 0
    said = STYLE.sub("", capsys.readouterr().out)
    assert RUN in said and OTHER in said
    assert re.search(r"^training\.epochs +1 +2 *$", said, re.MULTILINE)
    assert ("\nB  " in said) == (width < 120)


def test_a_crosstab_goes_on_below(width: int, capsys: Capture) -> None:
    words = ["crosstab", "--run", RUN, "--users", "4", "--items", "15", "--values", "predicted"]
    assert here(*words) == 0
    lines = [line.split() for line in STYLE.sub("", capsys.readouterr().out).splitlines()]
    heads = [line for line in lines if line[:1] == ["user"]]
    assert len(heads) == {60: 3, 80: 2, 120: 2}[width]
    assert len({item for line in heads for item in line[1:]}) == 15
    for line in lines:
        assert all(re.fullmatch(r"\d{6}|-?\d\.\d\d", cell) for cell in line[1:]) or "run" in line


def test_a_data_set_described_keeps_numbers_and_first_rows(
    width: int, world: Path, capsys: Capture
) -> None:
    assert here("data", "describe", str(world.parent / "a-data-set-with-a-name")) == 0
    said = STYLE.sub("", capsys.readouterr().out)
    for heading in TAIL_HEADINGS:
        assert heading in said
    assert re.search(r"^0 +170001 +Film 1 and.*… +\d( +20|$)", said, re.MULTILINE)


def test_the_list_of_data_sets_keeps_names_and_counts(
    width: int, capsys: Capture, bundled: object
) -> None:
    assert here("data", "list") == 0
    lines = table(capsys, "name")
    assert lines[0].split()[:3] == ["name", "state", "ratings"]
    assert any(re.match(r"ml-latest-small +ready +100,004 ", line) for line in lines)
    assert any(re.match(r"ml-latest-small-2018 +to download +100,836 ", line) for line in lines)


def test_columns_are_cut_then_left_out() -> None:
    widths = {0: 4, 1: 6, 2: 40, 3: 30}
    assert fit(widths, 200, [3, 2], [3, 2]) == widths
    assert fit(widths, 80, [3, 2], [3, 2]) == {0: 4, 1: 6, 2: 40, 3: 24}
    assert fit(widths, 60, [3, 2], [3, 2]) == {0: 4, 1: 6, 2: 36, 3: 8}
    assert fit(widths, 25, [3, 2], [3, 2]) == {0: 4, 1: 6, 2: 11}
    assert fit(widths, 20, [3, 2], [3, 2]) == {0: 4, 1: 6}
    assert fit(widths, 5, [3, 2], [3, 2]) == {0: 4, 1: 6}


@pytest.mark.parametrize("room", range(1, 60))
def test_parts_hold_every_column_once(room: int) -> None:
    widths = {0: 4, **{place: 3 + place for place in range(1, 9)}}
    found = parts(widths, room)
    assert [place for part in found for place in list(part)[1:]] == list(range(1, 9))
    assert all(next(iter(part)) == 0 for part in found)
    assert all(total(part) <= room or len(part) == 2 for part in found)
