"""The device is looked at beside the training, and never in its way."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from small import cli, here, wait_for, write_ratings

from cftui.devices import DeviceReader, DeviceReading, SourceLost
from cftui.runs.control import send
from cftui.runs.event_log import read_events
from cftui.runs.events import Device, Event, Finished, Started
from cftui.training import trainer_process
from cftui.training.device_watch import watch_device


class Played:
    """A source whose readings are counted off; a word instead of one ends it."""

    def __init__(self, *readings: DeviceReading | str) -> None:
        self.left = list(readings)

    def read(self) -> DeviceReading:
        reading = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(reading, str):
            raise SourceLost(reading)
        return reading


GPU, CPU = DeviceReading("GPU 0", use=87.0), DeviceReading("CPU", use=5.0, cores=2)


def reader(*sources: Played) -> Callable[[Callable[[str], None]], DeviceReader]:
    return lambda say: DeviceReader([lambda source=s: source for s in sources], say)  # type: ignore[misc]


def quick(elapsed: float) -> float:
    return 0.001


def test_readings_go_on_after_a_source_is_lost_which_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events: list[Event] = []
    with (
        caplog.at_level(logging.WARNING, "cftui.training"),
        watch_device(
            reader(Played(GPU, "the GPU is gone"), Played(CPU)),
            events.append,
            lambda: True,
            quick,
            first=0.0,
        ),
    ):
        wait_for(lambda: len(events) >= 4)
    labels = [event.label for event in events if isinstance(event, Device)]
    assert labels[:4] == ["GPU 0", "CPU", "CPU", "CPU"]
    assert [record.message for record in caplog.records] == ["the GPU is gone"]


def test_nothing_is_read_while_paused_nor_after_the_end() -> None:
    events: list[Event] = []
    asked, active = threading.Event(), False

    def is_active() -> bool:
        asked.set()
        return active

    with watch_device(reader(Played(CPU)), events.append, is_active, quick, first=0.0):
        assert asked.wait(10) and events == []
        active = True
        wait_for(lambda: events)
    seen = len(events)
    assert not any(thread.name == "device" for thread in threading.enumerate())
    assert len(events) == seen


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("a fault of ours")])
def test_no_fault_of_a_reading_reaches_the_training(error: Exception) -> None:
    tried = threading.Event()

    def refuse(event: Event) -> None:
        tried.set()
        raise error

    with watch_device(reader(Played(CPU)), refuse, lambda: True, quick, first=0.0):
        assert tried.wait(10)


def test_a_run_tells_of_its_device(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cftui.training import device_watch

    monkeypatch.setattr(device_watch, "FIRST_SECONDS", 0.0)
    watched = []

    def soon(*arguments: object) -> object:
        watched.append(arguments)
        return watch_device(*arguments, quick, 0.0)  # type: ignore[arg-type]

    monkeypatch.setattr(trainer_process, "watch_device", soon)
    small = write_ratings(tmp_path / "small")
    assert here("train", "--data", str(small), "--id", "r", "--epochs", "4", "--json") == 0
    assert len(watched) == 1
    events = list(read_events(home / "data" / "runs" / "r" / "events.jsonl"))
    kinds = [type(event) for event in events]
    assert Device in kinds and kinds[0] is Started and kinds[-1] is Finished
    machine = next(event for event in events if isinstance(event, Device))
    assert machine.label == "CPU" and machine.cores


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "mps"])
def test_a_device_that_is_not_there_is_refused_before_there_is_a_run(
    device: str,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    small = write_ratings(tmp_path / "small")
    assert here("train", "--data", str(small), "--device", device) == 1
    words = f"training.device = '{device}': no such device here; use auto or cpu"
    assert words in capsys.readouterr().err
    assert not (home / "data" / "runs").exists()


def test_in_the_background_it_is_refused_with_the_same_words(home: Path, tmp_path: Path) -> None:
    small = write_ratings(tmp_path / "small")
    done = cli("train", "--data", str(small), "--device", "cuda:99", "--detach")
    assert done.returncode == 1
    assert "the trainer did not start: training.device = 'cuda:99': no such" in done.stderr
    assert list((home / "data" / "runs").iterdir()) == []


def test_a_run_of_another_machine_is_left_as_it_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = write_ratings(tmp_path / "small")
    words = ["train", "--data", str(small), "--id", "r", "--epochs", "50"]
    started = threading.Thread(
        target=lambda: (
            wait_for((home / "data" / "runs" / "r" / "last.safetensors").exists)
            and send(home / "data" / "runs" / "r", "stop", None)
        )
    )
    started.start()
    assert here(*words) == 0
    started.join()
    run = home / "data" / "runs" / "r"
    config = (run / "config.toml").read_text()
    assert 'device = "auto"' in config
    (run / "config.toml").write_text(config.replace('device = "auto"', 'device = "cuda:98"'))
    before = (run / "run.json").read_text()
    capsys.readouterr()
    assert here("runs", "resume", "r") == 1
    assert "'cuda:98': no such device here" in capsys.readouterr().err
    assert (run / "run.json").read_text() == before
