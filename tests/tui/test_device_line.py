"""The line about the device: what it says in how much room, and when it goes away."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from driving import opened, until

from cftui import paths
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Device
from cftui.tui.app import CftuiApp
from cftui.tui.train import device_line
from cftui.tui.train.device_line import DeviceLine, device_words

GIB = 2**30
H100 = Device(0.0, "GPU 0", "NVIDIA H100 80GB HBM3", 87.0, int(12.3 * GIB), 80 * GIB, 310.4, 64.0)
MACHINE = Device(
    0.0, "CPU", use=45.0, memory_used=12 * GIB, memory_total=64 * GIB, cores=16, own_cores=1.04
)


@pytest.mark.parametrize(
    ("reading", "width", "words"),
    [
        (H100, 80, "GPU 0 H100 · 87 % · 12.3/80 GiB · 310 W · 64 °C"),
        (H100, 44, "GPU 0 · 87 % · 12.3/80 GiB · 310 W · 64 °C"),
        (H100, 39, "GPU 0 87 % 12.3/80 GiB 310 W 64 °C"),
        (H100, 30, "GPU 0 87 % 12.3/80 GiB 64 °C"),
        (H100, 22, "GPU 0 87 % 12.3/80 GiB"),
        (H100, 10, "GPU 0 87 %"),
        (replace(H100, power=None, use=None), 80, "GPU 0 H100 · 12.3/80 GiB · 64 °C"),
        (replace(H100, name="NVIDIA GeForce RTX 4090", power=None, temperature=None,
                 memory_used=None), 80, "GPU 0 RTX 4090 · 87 %"),
        (replace(H100, name="NVIDIA A100-SXM4-80GB", memory_total=None, power=None), 80,
         "GPU 0 A100-SXM4 · 87 % · 64 °C"),
        (replace(H100, name="\x1b[31mRTX", use=5.0, memory_used=None, power=None), 80,
         "GPU 0 �[31mRTX · 5 % · 64 °C"),
        (MACHINE, 80, "CPU 7.2/16 cores (run 1.0) · RAM 12.0/64 GiB"),
        (MACHINE, 39, "CPU 7.2/16 cores · RAM 12.0/64 GiB"),
        (replace(MACHINE, memory_total=int(7.5 * GIB)), 39, "CPU 7.2/16 cores · RAM 12.0/7.5 GiB"),
        (MACHINE, 20, "CPU 7.2/16 cores"),
    ],
)  # fmt: skip
def test_what_matters_least_gives_way(reading: Device, width: int, words: str) -> None:
    assert device_words(reading, width) == words


@pytest.fixture
def live(trained_run: Run) -> Iterator[Run]:
    """Give a second, live run, as if a trainer of this process had it."""
    record = replace(
        trained_run.record(),
        run="20261101-210000-dot-bias-adam-live",
        state="running",
        host=socket.gethostname(),
    )
    run, lock = create_run(record, trained_run.config())
    lines = trained_run.events.read_text().splitlines(keepends=True)
    run.events.write_text("".join(lines[:20]))
    yield run
    lock.release()


def tell(run: Run, reading: Device) -> None:
    log = EventLog(run.events)
    log.write(reading)
    log.close()


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((120, 40), "GPU 0 H100 · 87 % · 12.3/80 GiB · 310 W · 64 °C"),
        ((80, 24), "GPU 0 87 % 12.3/80 GiB 310 W 64 °C"),
    ],
)
async def test_a_live_run_has_the_line(live: Run, size: tuple[int, int], words: str) -> None:
    tell(live, replace(H100, time=time.time()))
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        line = app.query_one(DeviceLine)
        await until(pilot, lambda: line.display)
        assert str(line.content) == words and line.size.width >= len(words)
        tell(live, replace(H100, time=time.time(), use=3.0))
        await until(pilot, lambda: " 3 %" in str(line.content))


async def test_a_stale_reading_is_not_shown(live: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    update = DeviceLine.update

    def note(line: DeviceLine, content: str, *, layout: bool = True) -> None:
        shown.append(content)
        update(line, content, layout=layout)

    monkeypatch.setattr(DeviceLine, "update", note)
    monkeypatch.setattr(device_line, "STALE_SECONDS", 3.0)
    tell(live, replace(H100, time=time.time() - 3.5))
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        line = app.query_one(DeviceLine)
        await until(pilot, lambda: line._reading is not None)
        assert not line.display and shown == []
        tell(live, replace(H100, time=time.time()))
        await until(pilot, lambda: len(shown) == 2)  # it came, and nothing more did
        assert shown[0].startswith("GPU 0") and shown[1] == "" and not line.display


async def test_a_run_that_ended_has_no_line(trained_run: Run, home: Path) -> None:
    tell(trained_run, replace(H100, time=time.time()))
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: app.services.runs.history.device is not None)
        await pilot.pause()
        assert not app.query_one(DeviceLine).display
