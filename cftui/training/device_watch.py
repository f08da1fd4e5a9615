"""Reads the device under a run now and then, in a thread of its own, off the step path."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields

from cftui.devices import FIRST_SECONDS, DeviceReader, DeviceReading, seconds_between
from cftui.runs.events import Device, Event

log = logging.getLogger("cftui.training")


@contextlib.contextmanager
def watch_device(
    make_reader: Callable[[Callable[[str], None]], DeviceReader],
    emit: Callable[[Event], None],
    active: Callable[[], bool],
    seconds: Callable[[float], float] = seconds_between,
    first: float = FIRST_SECONDS,
) -> Iterator[None]:
    """Emit a `device` event now and then within the block, while `active` says so.

    `make_reader` is given what hears of lost sources; `emit` is called from another thread;
    `seconds` tells the time between readings from the time since the block began. A device that
    cannot be read, or a disk that refuses, never ends a training.
    """
    done = threading.Event()

    def watch() -> None:
        try:
            reader = make_reader(log.warning)
            began, pause = time.monotonic(), first
            told: DeviceReading | None = None
            while not done.wait(pause):
                pause = seconds(time.monotonic() - began)
                reading = reader.read() if active() else None
                if reading is not None and not done.is_set():
                    with contextlib.suppress(OSError):
                        emit(device_event(reading, told))
                        told = reading
        except Exception:
            log.exception("the device cannot be watched")

    thread = threading.Thread(target=watch, name="device", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(1.0)  # a driver that hangs is not waited for


def device_event(reading: DeviceReading, told: DeviceReading | None = None) -> Device:
    """Return the event of a reading, its numbers as short as they are shown.

    What stays as it was in the reading told last is left out; `History` fills it in.
    """
    values = asdict(reading)
    for field in fields(reading):
        if isinstance(values[field.name], float):
            values[field.name] = round(values[field.name], 1)
    if told is not None and told.label == reading.label:
        kept = [name for name in Device.CONSTANT if values[name] == getattr(told, name)]
        values = {name: value for name, value in values.items() if name not in kept}
    return Device(time=round(time.time(), 1), **values)
