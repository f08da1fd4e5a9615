import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cftui import paths
from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.store import check_store, find_store, ingest, open_ratings, open_store
from cftui.ratings.values import DataError

Write = Callable[..., Path]

TEXT = "userId,movieId,rating,timestamp\n1,31,2.5,10\n1,32,3,20\n2,31,4,30\n"

STALLED = """
import sys, time
from pathlib import Path
from cftui.ratings.store import ingest
def stall(done, total):
    print("reading", flush=True)
    time.sleep(600)
ingest(Path(sys.argv[1]), progress=stall)
"""


STALLED_COMMAND = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
from contextlib import contextmanager
from cftui.commands import opening, run_command
def stall(done, total):
    print("reading", flush=True)
    time.sleep(600)
@contextmanager
def meter(done, *, json):
    yield stall
opening.meter = meter
sys.exit(run_command(["data", "ingest", sys.argv[1]], began=0.0))
"""


def names_in_the_stores() -> list[str]:
    return sorted(p.name for p in paths.stores_folder().iterdir() if p.name != ".lock")


def start_stalled(source: Path, code: str = STALLED) -> subprocess.Popen[str]:
    """Start an ingest that stands still in the middle."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(source)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    return process


def test_a_store_is_found_until_a_file_changes(write: Write) -> None:
    source = write(TEXT)
    assert find_store(source) is None
    store = ingest(source)
    assert find_store(source) == find_store(source / "ratings.csv") == store
    write(TEXT, movies="movieId,title\n31,Toy\n")
    assert find_store(source) is None
    assert open_ratings(source).items.title_of(0) == "Toy"
    os.utime(source / "ratings.csv", ns=(1, 1))
    assert find_store(source) is None
    shutil.rmtree(source)
    assert find_store(source) is None


def test_ingesting_again_gives_the_same_store_at_once(write: Write) -> None:
    source = write(TEXT)
    store = ingest(source, name="toy")
    made = (store / "meta.json").stat().st_mtime_ns
    assert ingest(source) == store
    assert (store / "meta.json").stat().st_mtime_ns == made
    assert open_store(store).name == "toy"


def test_the_fingerprint_is_of_the_ratings_alone(write: Write, tmp_path: Path) -> None:
    def fingerprint(text: str, movies: str | None = None) -> str:
        shutil.rmtree(tmp_path / "mine", ignore_errors=True)
        return open_ratings(write(text, movies)).fingerprint

    first = fingerprint(TEXT)
    assert fingerprint(TEXT.replace("2.5", "2.50").replace(",3,", ",3.0,")) == first
    assert fingerprint(TEXT, "movieId,title\n31,Toy\n") == first
    assert fingerprint(TEXT + "1,x,bad,3\n") == first
    changes = (("1,32", "1,33"), ("1,31", "9,31"), ("2.5", "3.5"), (",30\n", ",31\n"))
    others = [fingerprint(TEXT.replace(*change)) for change in changes]
    assert len({first, *others}) == 5


def test_opening_a_store_imports_numpy_alone(write: Write) -> None:
    store = ingest(write(TEXT))
    code = (
        "import sys; from pathlib import Path; import cftui.ratings.store as s;"
        "r = s.open_store(Path(sys.argv[1])); assert len(r) == 3; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store)], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert loaded.isdisjoint({"pandas", "pyarrow", "torch", "textual"})


def test_a_store_opens_in_milliseconds() -> None:
    store = ingest(bundled_folder() / BUNDLED)
    spent = []
    for _ in range(5):
        begin = time.process_time()  # ours alone: others may have the machine
        open_store(store)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.05


def test_a_store_says_what_was_left_out(write: Write) -> None:
    store = ingest(write(TEXT + "3,x,bad,1\n1,31,5,99\n"))
    meta = json.loads((store / "meta.json").read_text())
    (problem,) = meta["problems"]
    assert problem == {
        "line": 5,
        "column": "rating",
        "value": "bad",
        "reason": "not a number",
        "counted": "line",
    }
    assert (meta["n_ratings"], meta["unusable_rows"], meta["duplicates"]) == (3, 1, 1)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_ingest_leaves_nothing(write: Write, interrupt: type[BaseException]) -> None:
    def stop(done: int, total: int) -> None:
        raise interrupt

    source = write(TEXT)
    with pytest.raises(interrupt):
        ingest(source, progress=stop)
    assert names_in_the_stores() == []
    assert find_store(source) is None


def test_a_source_that_changes_while_it_is_read_is_refused(write: Write) -> None:
    source = write(TEXT)
    with pytest.raises(DataError, match="changed while it was being read"):
        ingest(source, progress=lambda done, total: write(TEXT + "5,5,5,5\n") and None)
    assert names_in_the_stores() == []


def test_two_processes_at_once_end_with_one_store() -> None:
    source = bundled_folder() / BUNDLED
    code = (
        "import sys; from pathlib import Path; from cftui.ratings.store import ingest;"
        "import cftui.ratings.build; sys.stdin.readline(); print(ingest(Path(sys.argv[1])))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(answers) == 1
    store = Path(answers.pop())
    assert names_in_the_stores() == [store.name]
    assert len(open_store(store)) == 100_004


def test_the_slower_of_two_takes_the_others_store(write: Write) -> None:
    source = write(TEXT)
    inner: list[Path] = []
    outer = ingest(source, progress=lambda done, total: inner or inner.append(ingest(source)))
    assert inner == [outer]
    assert names_in_the_stores() == [outer.name]


def test_a_killed_ingest_leaves_nothing_that_opens_and_is_swept_away(write: Write) -> None:
    source = write(TEXT)
    process = start_stalled(source)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert find_store(source) is None
    (left,) = names_in_the_stores()
    with pytest.raises(DataError):
        open_store(paths.stores_folder() / left)
    store = ingest(source)
    assert names_in_the_stores() == [store.name]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_command_that_a_signal_ends_leaves_nothing(
    write: Write, number: signal.Signals, code: int
) -> None:
    process = start_stalled(write(TEXT), STALLED_COMMAND)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == code
    assert names_in_the_stores() == []


def test_who_stops_listening_is_no_fault_of_the_file(write: Write) -> None:
    def gone(done: int, total: int) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        ingest(write(TEXT), progress=gone)
    assert names_in_the_stores() == []


def test_a_living_ingest_is_not_swept_away(write: Write) -> None:
    source = write(TEXT)
    process = start_stalled(source)
    try:
        store = ingest(source)
        assert len(names_in_the_stores()) == 2
    finally:
        process.kill()
        process.communicate()
    assert find_store(source) == store


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def change_length(path: Path) -> None:
    np.save(path, np.load(path)[:-1])


def garble_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10] + b"{'(" + path.read_bytes()[13:])


def pickle(path: Path) -> None:
    np.save(path, np.array([{}, {}, {}], dtype=object))


@pytest.mark.parametrize("harm", [Path.unlink, cut, empty, change_length, garble_header, pickle])
@pytest.mark.parametrize("name", ["user", "by_item.order", "user_ids", "titles.offsets"])
def test_a_damaged_array_is_told_and_made_again(
    write: Write, harm: Callable[[Path], None], name: str
) -> None:
    source = write(TEXT, "movieId,title\n31,Toy\n")
    store = ingest(source)
    harm(store / f"{name}.npy")
    with pytest.raises(DataError, match=r"damaged ratings store: .*it is made anew"):
        open_store(store)
    assert len(open_ratings(source)) == 3
    assert len(open_store(store)) == 3
    assert names_in_the_stores() == [store.name]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"format": 0}', '{"format": 1, "arrays": []}', "\x00"),
        "[" * 100_000,
    ],
)
def test_broken_facts_are_told_and_made_again(write: Write, text: str) -> None:
    source = write(TEXT)
    store = ingest(source)
    (store / "meta.json").write_text(text)
    with pytest.raises(DataError, match="damaged"):
        open_store(store)
    assert len(open_ratings(source)) == 3


def test_arrays_that_do_not_fit_each_other_are_damage(write: Write) -> None:
    store = ingest(write(TEXT))
    change_length(store / "item.npy")
    meta = json.loads((store / "meta.json").read_text())
    meta["arrays"]["item"][1] = [2]
    del meta["sums"]
    (store / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(DataError, match="do not fit each other"):
        open_store(store)


def test_a_title_whose_bits_rotted_is_shown_and_found_by_a_check(write: Write) -> None:
    store = ingest(write(TEXT, "movieId,title\n31,Toy\n"))
    blob = store / "titles.blob.npy"
    blob.write_bytes(blob.read_bytes().replace(b"Toy", b"T\x93y"))
    items = open_store(store).items
    assert "T\ufffdy" in [items.title_of(code) for code in range(len(items))]
    assert "titles.blob" in check_store(store)


def test_facts_of_an_older_store_that_no_float_holds_are_damage(write: Write) -> None:
    store = ingest(write(TEXT))
    meta = json.loads((store / "meta.json").read_text())
    del meta["sums"]
    (store / "meta.json").write_text(json.dumps({**meta, "low": 10**400}))
    with pytest.raises(DataError, match="damaged"):
        open_store(store)


def test_nothing_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it is made anew"):
        open_store(tmp_path / "nowhere")


def test_titles_that_fit_no_item_make_an_empty_array(write: Write) -> None:
    ratings = open_ratings(write(TEXT, "movieId,title,genres\n99,Other,A\n"))
    assert ratings.items.titles() == ["31", "32"]


def test_a_folder_that_cannot_be_written_is_told(write: Write, home: Path) -> None:
    home.write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written.*CFTUI_HOME"):
        ingest(write(TEXT))


def flip(path: Path, place: int) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def forget_sums(store: Path) -> None:
    """Have a store tell what those of earlier versions do."""
    meta = json.loads((store / "meta.json").read_text())
    del meta["sums"]
    (store / "meta.json").write_text(json.dumps(meta))


@pytest.mark.parametrize("name", ["user", "value", "by_item.order", "titles.blob", "user_ids"])
def test_a_flipped_bit_is_found_by_a_check_and_the_store_is_made_anew(
    write: Write, name: str
) -> None:
    source = write(TEXT, "movieId,title\n31,Toy\n")
    store = ingest(source)
    assert check_store(store) == "" and (store / "checked").exists()
    whole = open_store(store).fingerprint
    flip(store / f"{name}.npy", -1 if name == "titles.blob" else 128)
    assert check_store(store)
    with pytest.raises(DataError, match="damaged ratings store: "):
        open_store(store)
    assert open_ratings(source).fingerprint == whole
    assert check_store(store) == ""


def test_of_an_older_store_the_fingerprint_is_checked(write: Write) -> None:
    store = ingest(write(TEXT))
    forget_sums(store)
    assert check_store(store) == ""
    flip(store / "timestamp.npy", 128)
    assert open_store(store) and "not those that were read" in check_store(store)


def test_a_code_of_nobody_is_damage_not_an_index_error(write: Write) -> None:
    source = write(TEXT)
    store = ingest(source)
    whole = open_store(store).fingerprint
    item = np.load(store / "item.npy")
    item[0] = 1 << 20
    np.save(store / "item.npy", item)
    with pytest.raises(DataError, match="item code 1048576 is of none of"):
        open_store(store)
    assert open_ratings(source).fingerprint == whole


def test_a_flipped_bit_in_the_facts_is_noticed_at_opening(write: Write) -> None:
    store = ingest(write(TEXT))
    text = (store / "meta.json").read_bytes()
    flip(store / "meta.json", text.index(b'"mean": ') + 8)
    with pytest.raises(DataError, match=r"meta\.json is not as it was written"):
        open_store(store)
