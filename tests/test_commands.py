"""The shell's commands in this process: exit codes and messages instead of tracebacks."""

import gzip
import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from small import here, open_small, record_of, small_config, write_ratings

from cftui import cli, commands
from cftui.commands.progress import EventPrinter
from cftui.commands.usage import USAGE
from cftui.ratings.reading.pair_file import read_pairs
from cftui.ratings.values import DataError
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Checkpointed, Epoch, Event, Failed, Finished, Step
from cftui.runs.find import find_run
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return find_run("r")


WRONG = [
    (["train", "--epochs", "0"], "training.epochs = 0: must be"),
    (["train", "--set", "optimizer.speed=3"], "optimizer.speed: unknown key"),
    (["train", "--set", "momentum=3"], "write it as SECTION.KEY=VALUE"),
    (["train", "--model", "tree"], "model: 'tree' is not one of bayes-fm, dot, dot-bias, fm, net"),
    (["train", "--data", "nowhere.csv"], "no data set and no file called 'nowhere.csv'"),
    (["train", "--config", "nowhere.toml"], "nowhere.toml: no such file"),
    (["train", "--nonsense"], "No such option"),
    (["runs", "show", "nope"], "no run 'nope'; the newest is r"),
    (["runs", "set", "r", "lr=fast"], "'fast' is not a number"),
    (["runs", "set", "r", "lr=inf"], "a learning rate is a number above 0"),
    (["runs", "resume", "r", "--lr", "0"], "--lr 0.0: a learning rate is a number above 0"),
    (["runs", "dance"], "No such command"),
    (["recommend"], "give --user ID"),
    (["recommend", "--user", "4711"], "no user 4711 in small"),
    (["similar", "film 3"], "several titles fit 'film 3'"),
    (["similar", "1001", "--metric", "taxi"], "--metric taxi: choose tastes, cosine, dot or"),
    (["similar", "1001", "--by", "taxi"], "--by taxi: choose tastes, cosine, dot or euclid"),
    (["similar"], "give an ITEM, or --all with --out FILE"),
    (["similar", "1001", "--all", "--out", "o.csv"], "give an ITEM, or --all with --out FILE"),
    (["similar", "--all"], "--out needs a file name that ends in .csv or .parquet"),
    (["similar", "1001", "--out", "o.csv"], "--out belongs to --all"),
    (["similar", "1001", "--min-ratings", "900"], "ask for fewer (--min-ratings)"),
    (["similar", "1001", "--run", "nope"], "no run 'nope'"),
    (["recommend", "--rated", "1001=5", "--run", "nope"], "no run 'nope'"),
    (["recommend", "--rated", "1001=5", "--order", "best"], "choose likes, stars or popular"),
    (["recommend", "--rated", "1001=5", "--liked-from", "9"], "no rating is 9 or more"),
    (["recommend", "--rated", "1001=5", "--out", "o.csv"], "--out belongs to --profiles"),
    (["recommend", "--user", "1", "--liked-from", "4"], "--liked-from belongs to"),
    (["recommend", "--profiles", "p.csv", "--why", "1001"], "--why belongs to --user and --rated"),
    (["recommend", "--profiles", "no.csv"], "--out needs a file name that ends in .csv or"),
    (["predict", "--pairs", "o.csv", "--why"], "--why belongs to --user and --item"),
    (["predict", "--user", "1"], "--user and --item belong together"),
    (["predict"], "give --user and --item, or --split valid, or --pairs FILE"),
    (["predict", "--split", "train", "--out", "o.csv"], "--split train"),
    (["predict", "--split", "valid", "--out", "o.txt"], ".csv, .parquet or .json"),
    (["predict", "--split", "valid"], ".csv, .parquet or .json"),
]


def test_wrong_use_is_two_with_a_message(run: Run, capsys: Capture) -> None:
    for words, message in WRONG:
        assert here(*words) == 2, words
        said = capsys.readouterr().err
        assert message in said and "Traceback" not in said, words


FAILING = [
    (["runs", "pause", "r"], "r is not live (finished); nothing was sent"),
    (["runs", "resume", "r"], "r is finished; nothing is left to train"),
    (["train", "--data", "SMALL", "--id", "r"], "a run called r exists"),
    (["train", "--data", "SMALL", "--device", "cuda:7"], "no such device here; use auto or cpu"),
    (
        ["train", "--data", "SMALL", "--set", "split.fraction=0.0001"],
        "too few for this split (900 to train on, 0 held out)",
    ),
    (["predict", "--split", "valid", "--out", "/nowhere/o.csv"], "cannot be written"),
]


def test_what_fails_is_one_with_a_message(run: Run, tmp_path: Path, capsys: Capture) -> None:
    small = str(tmp_path / "small")
    for pattern, message in FAILING:
        words = [small if word == "SMALL" else word for word in pattern]
        assert here(*words) == 1, words
        said = capsys.readouterr()
        assert message in said.err + said.out and "Traceback" not in said.err, words


def test_damaged_runs_hide_no_other(run: Run, capsys: Capture) -> None:
    for name, content in (("broken", "{"), ("strange", '{"state": "asleep"}'), ("list", "[]")):
        folder = run.path.with_name(name)
        folder.mkdir()
        (folder / "run.json").write_text(content)
    run.path.with_name("no run at all").mkdir()
    (run.path.parent / "a file").write_text("")
    assert here("runs", "list", "--json") == 0
    rows = {row["run"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: row["state"] for name, row in rows.items()} == {
        "r": "finished",
        "broken": "damaged",
        "strange": "damaged",
        "list": "damaged",
    }
    assert "cftui runs rm broken" in rows["broken"]["message"]
    assert here("runs", "list") == 0 and "damaged" in capsys.readouterr().out
    assert here("runs", "show", "broken") == 1
    assert here("recommend", "--user", "1") == 0  # latest passes them over
    capsys.readouterr()
    for name in ("broken", "strange", "list"):
        assert here("runs", "rm", "--yes", name) == 0
    capsys.readouterr()
    assert here("runs", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["run"] == "r"


@pytest.mark.parametrize("file", ["config.toml", "last.safetensors", "events.jsonl", "user.toml"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe{", b"[1]\n"])
def test_no_damage_shows_a_traceback(run: Run, capsys: Capture, file: str, content: bytes) -> None:
    (run.path / file).write_bytes(content)
    for words in (
        ["runs", "list"],
        ["runs", "show", "r"],
        ["runs", "attach", "r"],
        ["runs", "events", "r"],
        ["runs", "resume", "r"],
        ["recommend", "--user", "1", "--run", "r"],
    ):
        assert here(*words) in (0, 1), words
        said = capsys.readouterr().err
        assert "Traceback" not in said and "a fault of cftui" not in said, (words, said)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, capsys: Capture) -> None:
    source = write_ratings(tmp_path / "small", users=40, items=60, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    other = write_ratings(tmp_path / "other", users=20, items=30, n=300)
    start_run(small_config(other), lambda _: None, run_id="o", began=0.0)
    run = find_run("r")
    raw = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**raw, "state": "stopped"}))
    run.last.write_bytes(find_run("o").last.read_bytes())
    assert here("runs", "resume", "r") == 1
    said = capsys.readouterr().err
    assert "not a checkpoint of this run" in said and "Traceback" not in said
    assert here("recommend", "--user", "1", "--run", "r") == 1
    assert "do not fit the ratings" in capsys.readouterr().err


def test_a_run_is_shown_renamed_and_its_events_told(run: Run, capsys: Capture) -> None:
    assert here("runs", "rename", "r", "my run") == 0
    assert here("runs", "show", "my run", "--json") == 0
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert shown["name"] == "my run" and len(shown["epochs_done"]) == 2
    assert shown["config"]["model"]["n_factors"] == 8
    assert here("runs", "events", "r") == 0
    kinds = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert kinds[0] == "started" and kinds[-1] == "finished" and kinds.count("epoch") == 2
    assert here("runs", "attach", "r", "--json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1])["outcome"] == "finished"


def predicted(pairs: Path, capsys: Capture) -> tuple[list[list[str]], str, str]:
    """Return the rows of user, item, rating and prediction, and what was said, out and err."""
    out = pairs.parent / "o.csv"
    capsys.readouterr()
    assert here("predict", "--pairs", str(pairs), "--out", str(out), "--run", "r") == 0
    said = capsys.readouterr()
    header, *rows = out.read_text().splitlines()
    assert header == "user,item,rating,prediction"
    return [row.split(",") for row in rows], said.out, said.err


def test_pairs_from_a_file(run: Run, tmp_path: Path, capsys: Capture) -> None:
    pairs = tmp_path / "pairs.csv"
    first = (tmp_path / "small" / "ratings.csv").read_text().splitlines()[1].split(",")
    pairs.write_text(f"user,item\n{first[0]},{first[1]}\n1,1001\n")
    (row, _other), out, _ = predicted(pairs, capsys)
    assert row[:2] == first[:2] and float(row[2]) == float(first[2])
    assert "\n2 predictions written to " in out and "empty" not in out


BY_NAME = "users from column {!r}, items from {!r}"
BY_PLACE = "no header; users from column 1, items from column 2"
WAYS = [
    ("userId,movieId\n7,1031\n15,1001\n", BY_NAME.format("userId", "movieId")),
    ("movieId,userId\n1031,7\n1001,15\n", BY_NAME.format("userId", "movieId")),
    ("7,1031\n15,1001\n", BY_PLACE),
    ("who,what\n7,1031\n15,1001\n", BY_NAME.format("who", "what")),
    ("what,user\n1031,7\n1001,15\n", BY_NAME.format("user", "what")),
    ("rating;item_id;user_id\n3;1031;7\n4;1001;15\n", BY_NAME.format("user_id", "item_id")),
    ("7::1031::3::978300760\n15::1001::4::978300761\n", BY_PLACE),
    ('\ufeff"User ID"\t"ISBN"\r\n"7"\t 1031\r\n\r\n15\t1001', BY_NAME.format("User ID", "ISBN")),
]


@pytest.mark.parametrize(("text", "taken"), WAYS)
@pytest.mark.parametrize("packed", [False, True])
def test_pairs_go_by_the_names_of_their_columns(
    run: Run, tmp_path: Path, capsys: Capture, text: str, taken: str, packed: bool
) -> None:
    data = text.encode()
    pairs = tmp_path / ("pairs.csv.gz" if packed else "pairs.csv")
    pairs.write_bytes(gzip.compress(data) if packed else data)
    rows, _, err = predicted(pairs, capsys)
    assert [row[:2] for row in rows] == [["7", "1031"], ["15", "1001"]]
    assert all(row[3] for row in rows) and err.endswith(f"cftui: {pairs}: {taken}\n")


def test_pairs_from_parquet(run: Run, tmp_path: Path, capsys: Capture) -> None:
    pairs = tmp_path / "pairs.parquet"
    columns = {"movie": [1031, 1001], "weight": [0.5, 0.25], "uid": ["7", "nobody"]}
    pyarrow.parquet.write_table(pyarrow.table(columns), pairs)
    rows, _, err = predicted(pairs, capsys)
    assert [row[:2] for row in rows] == [["7", "1031"], ["nobody", "1001"]]
    assert rows[0][3] and not rows[1][3] and BY_NAME.format("uid", "movie") in err


def test_unknown_ids_get_an_empty_prediction(run: Run, tmp_path: Path, capsys: Capture) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("userId,movieId\n1,1031\n9999,1031\n1,x\n,1001\n15,1001\n")
    rows, out, _ = predicted(pairs, capsys)
    assert [row[0] for row in rows] == ["1", "9999", "1", "", "15"]
    assert [bool(row[3]) for row in rows] == [True, False, False, False, True]
    assert "\n2 predictions written to " in out
    assert "\n3 of 5 pairs are left empty: their user or item is not in the data\n" in out
    words = ["predict", "--pairs", str(pairs), "--out", str(tmp_path / "o.parquet"), "--run", "r"]
    assert here(*words, "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["pairs"], told["unknown"]) == (5, 3)
    pairs.write_text("user,item\n8888,1\n")
    assert "\n0 predictions written to " in predicted(pairs, capsys)[1]


def test_a_first_pair_of_known_ids_is_no_header(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("ann,dune\n")
    read = read_pairs(pairs, lambda user, item: (user, item) == ("ann", "dune"))
    assert (read.users, read.items, read.taken) == (("ann",), ("dune",), BY_PLACE)
    with pytest.raises(DataError, match="a header and no pairs"):
        read_pairs(pairs, lambda user, item: False)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"1   31\n Jos\xe9 7\n", f"{BY_PLACE}; read as Windows-1252: line 2 is not UTF-8"),
        (b"# mine\nitem,user\n31,1\n7,Jos\xc3\xa9\n", BY_NAME.format("user", "item")),
        (b"sep=|\nmovieId|movie|userId\n31|x|1\n7|y|Jos\xc3\xa9",
         BY_NAME.format("userId", "movieId")),
        ("item_id:token\tuser_id:token\n31\t1\n7\tJosé\n".encode("utf-16"),
         BY_NAME.format("user_id:token", "item_id:token")),
    ],
)  # fmt: skip
def test_pairs_are_read_as_ratings_are(data: bytes, told: str, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs"
    pairs.write_bytes(data)
    read = read_pairs(pairs, lambda user, item: False)
    assert (read.users, read.items, read.taken) == (("1", "José"), ("31", "7"), told)


def test_pairs_come_through_a_pipe_too(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("item,user\n1,2\n",))
    writer.start()
    read = read_pairs(pipe, lambda user, item: False)
    writer.join()
    assert (read.users, read.items) == (("2",), ("1",))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"user\n1\n", "one column alone; two are needed, user and item"),
        (b"user,item\n", "a header and no pairs below it"),
        (b"user,item\n1,1001\n7\n", "pairs.csv line 3: '7' has no user and item"),
        (b"user,item\n1,1001\n\xff\0,7\n", "pairs.csv line 3: "),
        (b"PAR1 and no more", "not a sound Parquet file"),
        (None, "no such file"),
    ],
)
def test_pairs_that_cannot_be_read(
    run: Run, tmp_path: Path, capsys: Capture, data: bytes | None, said: str
) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "o.csv"
    if data is not None:
        pairs.write_bytes(data)
    assert here("predict", "--pairs", str(pairs), "--out", str(out), "--run", "r") == 2
    assert said in capsys.readouterr().err and not out.exists()


def test_a_signal_or_a_failure_shows_in_the_exit_code() -> None:
    done = Finished("r", 0, "stopped", 1, 1, None, None, None, None, None, 0, None, 1, 1)
    printer = EventPrinter(json=True)
    assert printer.exit_code(done) == 0
    assert printer.exit_code(Finished(**{**vars(done), "signal": 15})) == 143
    assert printer.exit_code(Failed("r", 0, 1, "why")) == 1


class Gone:
    """An output whose reader has left."""

    def __init__(self, error: Exception) -> None:
        self.error, self.calls = error, 0

    def write(self, text: str) -> int:
        self.calls += 1
        raise self.error

    def flush(self) -> None:
        raise self.error

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no descriptor")


@pytest.mark.parametrize(
    "error", [BrokenPipeError(), OSError(5, "Input/output error"), ValueError("closed file")]
)
def test_an_output_that_is_gone_is_tried_once(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Gone(error)
    monkeypatch.setattr(sys, "stdout", gone)
    printer = EventPrinter(json=False)
    event: Event = Step(1, 1.0, 1.0, 1.0, 1.0, 0.1, 0.1)
    for _ in range(3):
        printer(event)
    assert gone.calls == 1
    monkeypatch.setattr(sys, "stdout", None)  # started with its output closed
    EventPrinter(json=False)(Epoch(1, 1, 1, 1, 1, 1, 0, None, 0.1, 1, 1))
    EventPrinter(json=True)(Checkpointed(1, 1, 0.1))


def test_an_epochs_line_tells_its_lists_or_once_why_not(capsys: Capture) -> None:
    printer = EventPrinter(json=False)
    judged = Epoch(1, 1, 1, 1, 1, 1, 0, None, 0.1, 1, 1, recall=0.1234, ndcg=0.0567, list_users=9)
    for event in (judged, replace(judged, recall=None, ndcg=None, no_lists="no recall: why")):
        printer(event)
    first, second, why = capsys.readouterr().out.splitlines()
    assert first.endswith("clipped 1.0000  recall@20 0.123  NDCG@20 0.057 of 9 users  1.0 s")
    assert second.endswith("clipped 1.0000  1.0 s") and why == "no recall: why"


def test_attach_tells_a_death(tmp_path: Path, capsys: Capture) -> None:
    ratings = open_small(tmp_path / "small", n=300)
    run, lock = create_run(record_of("d", ratings, state="running"), small_config())
    EventLog(run.events).write(Step(1, 1.0, 1.0, 1.0, 1.0, 0.1, 0.1))
    run.log.write_text("the last word\n")
    lock.release()
    assert here("runs", "attach", "d") == 1
    assert capsys.readouterr().err == "cftui: d: died\nthe last word\n"


def test_a_mapped_files_runs_are_found_by_its_name(tmp_path: Path, capsys: Capture) -> None:
    lines = [f"{n % 12};{n % 17};{1 + n * 7 % 5}" for n in range(12 * 17)]
    file = tmp_path / "foreign.csv"
    file.write_text("\n".join(["wer;was;wie", *lines]))
    mapped = ("--set", "data.user=wer", "--set", "data.item=was", "--set", "data.rating=wie")
    assert here("train", "--data", str(file), *mapped, "--epochs", "1", "--factors", "2") == 0
    assert here("recommend", "--user", "3", "--data", str(file), "-n", "2") in (0, 2)
    said = capsys.readouterr()
    assert "on foreign" in said.out and "which column" not in said.err


def test_what_needs_no_run_is_answered_without_one(tmp_path: Path, capsys: Capture) -> None:
    small = str(write_ratings(tmp_path / "small", users=80, items=60, n=2500))
    ask = ["recommend", "--rated", "1004=5", "--rated", "1007=1", "--data", small, "--json"]
    assert here(*ask, "-n", "3") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["event"] == "newcomer" and "dot-bias" in lines[0]["no_stars"]
    assert [(row["rank"], row["predicted"]) for row in lines[1:]] == [
        (1, None),
        (2, None),
        (3, None),
    ]
    assert here(*ask[:-1], "-n", "3") == 0
    said = capsys.readouterr()
    assert "somebody new, on small" in said.out and "liked: 4 or more" in said.out
    assert here(*ask, "--why", lines[1]["item"]) == 0
    why = json.loads(capsys.readouterr().out)
    assert why["event"] == "why-liked"
    assert why["score"] == pytest.approx(lines[1]["score"])
    assert {share["item"] for share in why["shares"]} == {"1004", "1007"}
    assert here(*ask[:-1], "--order", "stars") == 2
    assert "--order stars: no run stands beside" in capsys.readouterr().err
    assert here("similar", "1004", "--data", small, "--json", "-n", "4") == 0
    near = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["rank"] for row in near] == [1, 2, 3, 4] and "common" in near[0]


def test_the_bundled_ratings_are_meant_where_there_is_nothing_else(capsys: Capture) -> None:
    assert here("similar", "toy story 1995", "-n", "2") == 0
    assert "Toy Story 2 (1999)" in capsys.readouterr().out


def test_a_run_adds_stars_and_their_parts(run: Run, capsys: Capture) -> None:
    assert here("recommend", "--rated", "1004=5", "--rated", "1007=1", "--json", "-n", "2") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("event") for line in lines[:2]] == ["run", "newcomer"]
    assert all(isinstance(line["predicted"], float) for line in lines[2:])
    for words in (
        ["recommend", "--rated", "1004=5", "--why", "1010"],
        ["recommend", "--user", "3", "--why", "1010"],
    ):
        assert here(*words) == 0
        said = capsys.readouterr().out
        assert "by likes, the sum of these parts" in said and "for the mean user" in said
    assert here("predict", "--user", "3", "--item", "1010", "--why", "--json") == 0
    prediction, why = map(json.loads, capsys.readouterr().out.splitlines()[1:])
    assert why["event"] == "why-stars" and why["beyond"] != 0
    assert why["predicted"] == pytest.approx(prediction["predicted"], abs=1e-5)


def test_many_newcomers_are_answered_from_a_file_into_a_file(
    tmp_path: Path, run: Run, capsys: Capture
) -> None:
    file, out = tmp_path / "p.csv", tmp_path / "lists.csv"
    file.write_text(
        "rating,Profile,item\n5,ann,1004\n4,ann,1007\n1,bob,1004\n3,bob,9999\n\n"
        "x,bob,1005\n9,bob,1005\n3,,1005\n2,bob,1004\n2\n"
    )
    assert here("recommend", "--profiles", str(file), "-n", "3", "--out", str(out)) == 0
    said = capsys.readouterr()
    for line, words in (
        (7, "rating 'x' is not a number"),
        (8, "rating 9 is not within 0.5 to 5"),
        (9, "no profile is named"),
        (10, "bob has rated item 1004 before"),
        (11, "1 cells are too few"),
    ):
        assert f"p.csv line {line}: {words}" in said.err
    assert (
        "lists for 2 profiles" in said.out
        and "of items that are not in the data: 1 ratings" in said.out
    )
    rows = out.read_text().splitlines()
    assert rows[0] == "profile,rank,item,title,score,prediction" and len(rows) == 7
    assert [row.split(",")[:2] for row in rows[1:]] == [
        [p, n] for p in ("ann", "bob") for n in "123"
    ]
    assert here("recommend", "--rated", "1004=5", "--rated", "1007=4", "-n", "3", "--json") == 0
    alone = [json.loads(line) for line in capsys.readouterr().out.splitlines()][2:]
    assert [row.split(",")[2] for row in rows[1:4]] == [row["item"] for row in alone]
    file.write_text("profile,item\nann,1004\n")
    assert here("recommend", "--profiles", str(file), "--out", str(out)) == 2
    assert "one column each is needed called profile, item, rating" in capsys.readouterr().err
    assert here("recommend", "--profiles", str(tmp_path / "no.csv"), "--out", str(out)) == 2
    assert here("recommend", "--profiles", str(file), "--out", "lists.txt") == 2


@pytest.mark.parametrize("by", ["tastes", "cosine"])
def test_neighbours_of_every_item_go_into_a_file(
    tmp_path: Path, run: Run, capsys: Capture, by: str
) -> None:
    out = tmp_path / "near.parquet"
    words = ["similar", "--all", "--by", by, "--min-ratings", "10", "-n", "2", "--out", str(out)]
    assert here(*words) == 0
    assert f"written to {out}" in capsys.readouterr().out
    import pyarrow.parquet

    found = pyarrow.parquet.read_table(out).to_pydict()
    assert list(found) == ["item", "title", "rank", "neighbour", "neighbour_title", "score"]
    assert set(found["rank"]) == {1, 2} and len(set(found["item"])) * 2 == len(found["item"])
    first = found["item"][0]
    assert here("similar", first, "--by", by, "--min-ratings", "10", "-n", "2", "--json") == 0
    said = capsys.readouterr().out.splitlines()
    near = [row for line in said if "rank" in (row := json.loads(line))]
    assert [row["item"] for row in near[-2:]] == found["neighbour"][:2]


def test_a_models_space_is_judged_beside_its_neighbours(run: Run, capsys: Capture) -> None:
    assert here("similar", "1004", "--by", "cosine") == 0
    said = capsys.readouterr()
    assert "nearest are also near by tastes" in said.err and "by cosine" in said.out
    assert here("similar", "1004", "--metric", "euclid", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[1]["event"] == "judgement" and lines[1]["words"]


def test_every_word_is_a_command_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(cli.COMMANDS) == sorted((*commands.SINGLE, *commands.GROUPS))
    for word in cli.COMMANDS:
        assert here(word, "--help") == 0
        assert f" {word} [OPTIONS]" in capsys.readouterr().out and word in USAGE
