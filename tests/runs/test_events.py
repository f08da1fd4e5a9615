"""Events: written whole, read once, and settled where a death undid some."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from small import open_small

from cftui.runs.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from cftui.runs.event_log import EventLog, EventTail, read_events, settled
from cftui.runs.events import (
    KINDS,
    Checkpointed,
    Epoch,
    Event,
    Finished,
    Resumed,
    Step,
    from_json,
    to_json,
)
from cftui.runs.history import History, read_history
from cftui.runs.vocabulary import load_vocabulary, save_vocabulary


def step(number: int, seconds: float = 0.0) -> Step:
    return Step(number, 1.0, 0.5, 1.5, 1.1, 0.1, seconds)


def epoch(number: int, at: int) -> Epoch:
    return Epoch(number, at, 1.0, 1.0, 1.0, 1.0, 0, None, 0.1, 1.0, 1.0)


def resumed(at: int) -> Resumed:
    return Resumed("r", 0.0, 1, "h", "cpu", at, 0)


def test_an_event_comes_back_exactly() -> None:
    event = Step(7, 1 / 3, math.pi, 1e-300, 0.1 + 0.2, 1e-2, 5.5)
    assert from_json(to_json(event)) == event
    assert json.loads(to_json(event))["event"] == "step"


@pytest.mark.parametrize(
    "line", ["", "{", "[]", '{"event":"none"}', '{"event":"step"}', "null", '"x"', '{"event":[]}']
)
def test_damaged_and_unknown_lines_are_passed_over(line: str) -> None:
    assert from_json(line) is None


def test_fields_may_come_later_but_not_be_missing() -> None:
    assert set(KINDS) >= {"started", "resumed", "step", "epoch", "control", "failed", "finished"}
    line = json.loads(to_json(step(1)))
    assert from_json(json.dumps({**line, "new": 1})) == step(1)
    del line["smooth"]
    assert from_json(json.dumps(line)) is None


def test_a_torn_last_line_is_cut_off_by_the_next_trainer(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.write(step(1))
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event":"st' + b"x" * 100_000)
    tail = EventTail(path)
    assert tail.read() == [step(1)] and tail.read() == []
    log = EventLog(path)
    assert path.read_bytes() == whole
    log.write(step(2))
    assert tail.read() == [step(2)]
    path.write_bytes(b"no line at all")
    EventLog(path).close()
    assert path.read_bytes() == b""


def test_a_tail_reads_each_event_once_however_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    text = "".join(to_json(step(number)) + "\n" for number in range(1, 200)).encode()
    tail, found = EventTail(path), []
    assert tail.read() == []
    with path.open("wb") as file:
        for start in range(0, len(text), 37):
            file.write(text[start : start + 37])
            file.flush()
            found += tail.read(most_bytes=150)
    while events := tail.read(most_bytes=150):
        found += events
    assert found == [step(number) for number in range(1, 200)]


STORY: list[Event] = [
    step(10, 1),
    epoch(1, 20),
    step(20, 2),
    Checkpointed(20, 1, 0.1),
    step(30, 3),
    step(40, 4),
    epoch(2, 40),
    resumed(20),
    step(25, 2.5),
    step(40, 4),
    epoch(2, 40),
    resumed(40),
    step(50, 5),
]


def test_events_of_some_kinds_alone_are_the_same(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    for event in (step(1), resumed(1), epoch(1, 1), step(2), epoch(2, 2)):
        log.write(event)
    log.close()
    path = tmp_path / "events.jsonl"
    wanted = [event for event in read_events(path) if isinstance(event, Epoch | Resumed)]
    assert list(read_events(path, Epoch, Resumed)) == wanted and len(wanted) == 3


def test_settled_drops_what_a_death_undid() -> None:
    kept = settled(STORY)
    assert [e.step for e in kept if isinstance(e, Step)] == [10, 20, 25, 40, 50]
    assert [e.epoch for e in kept if isinstance(e, Epoch)] == [1, 2]
    assert sum(isinstance(e, Resumed) for e in kept) == 2


def test_history_agrees_with_settled_in_any_portions(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for event in STORY:
        log.write(event)
    kept = settled(read_events(path))
    for portion in (1, 2, 5, len(STORY)):
        history = History()
        for start in range(0, len(STORY), portion):
            history.feed(STORY[start : start + portion])
        assert list(history.curve.step) == [e.step for e in kept if isinstance(e, Step)]
        assert history.epochs == [e for e in kept if isinstance(e, Epoch)]
        assert history.version == len(STORY)
    assert read_history(path).step == 50
    assert read_history(path).steps_per_second == pytest.approx(10)


def test_resuming_takes_back_the_end() -> None:
    end = Finished("r", 0, "stopped", 1, 20, None, None, None, None, None, 0, None, 1, 1)
    history = History()
    history.feed([step(20), end])
    assert history.end == end
    history.feed([resumed(20)])
    assert history.end is None


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    arrays = {
        "a": np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)[:, ::2],
        "b/c": np.arange(4, dtype=np.uint8),
    }
    save_checkpoint(tmp_path / "c", arrays, {"step": "12", "note": "é"})
    found = load_checkpoint(tmp_path / "c")
    assert found.step == 12 and found.metadata["note"] == "é"
    assert {k: v.tobytes() for k, v in found.arrays.items()} == {
        k: v.tobytes() for k, v in arrays.items()
    }
    assert set(load_checkpoint(tmp_path / "c", "b/").arrays) == {"b/c"}


def test_a_damaged_checkpoint_is_said_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_checkpoint(path)
    save_checkpoint(path, {"a": np.zeros(100)}, {"step": "1"})
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[:-1], b"", b"\xff" * 200):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"last\.safetensors: damaged checkpoint"):
            load_checkpoint(path)
    save_checkpoint(path, {"a": np.zeros(1)}, {"step": "many"})
    with pytest.raises(CheckpointError, match="names no step"):
        load_checkpoint(path)


def test_the_vocabulary_explains_the_run_without_its_store(tmp_path: Path) -> None:
    ratings = open_small(tmp_path / "small", users=5, items=6, n=20)
    save_vocabulary(tmp_path, ratings)
    users, items = load_vocabulary(tmp_path)
    assert [users.id_of(c) for c in range(len(users))] == [
        ratings.users.id_of(c) for c in range(ratings.n_users)
    ]
    assert items.titles() == ratings.items.titles()
    assert items.code_of("1001") == ratings.items.code_of("1001")
    (tmp_path / "vocabulary.safetensors").write_bytes(b"no")
    with pytest.raises(CheckpointError, match="missing or damaged"):
        load_vocabulary(tmp_path)
