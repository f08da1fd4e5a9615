"""One line about the device under a live run, for as long as it is news."""

import re
import time

from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from cftui.devices import STALE_SECONDS
from cftui.runs.events import Device
from cftui.text import plain

GIB = 2**30


class DeviceLine(Static):
    """Shows the newest reading, and nothing once it is stale."""

    DEFAULT_CSS = "DeviceLine { height: 1; padding: 0 1; display: none; }"

    def __init__(self, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._reading: Device | None = None
        self._expiry: Timer | None = None

    def show(self, reading: Device | None) -> None:
        """Show a reading; none, or a stale one, takes the line away."""
        if reading is not self._reading:
            self._reading = reading
            self._wait_until_stale()
        self._draw()

    def _wait_until_stale(self) -> None:
        if self._expiry is not None:
            self._expiry.stop()
            self._expiry = None
        if self._reading is not None and self._seconds_left() > 0:
            self._expiry = self.set_timer(self._seconds_left() + 0.1, self._draw)

    def _seconds_left(self) -> float:
        """Return how long the reading is still news; that of a clock ahead of ours not longer."""
        taken = self._reading.time if self._reading else 0.0
        return min(taken + STALE_SECONDS - time.time(), STALE_SECONDS)

    def _draw(self) -> None:
        words = ""
        if self._reading is not None and self._seconds_left() > 0:
            room = self.parent.content_size.width if isinstance(self.parent, Widget) else 0
            words = device_words(self._reading, room - 2)
        if words != str(self.content):
            self.display = bool(words)
            self.update(words, layout=False)

    def on_resize(self) -> None:
        """Use the room there is."""
        self._draw()


def device_words(reading: Device, width: int) -> str:
    """Return a reading in at most `width` cells: what matters least is left out first."""
    use, memory, label = _use(reading), _memory(reading), plain(reading.label)
    power = "" if reading.power is None else f"{reading.power:.0f} W"
    heat = "" if reading.temperature is None else f"{reading.temperature:.0f} °C"
    named = f"{label} {_short_name(reading.name)}".strip()
    own = "" if reading.own_cores is None else f"(run {reading.own_cores:.1f})"
    if reading.cores is not None:
        core = f"{label} {use}"
        choices = [(" · ", f"{core} {own}".strip(), memory), (" · ", core, memory), (" ", core)]
    else:
        choices = [
            (" · ", named, use, memory, power, heat),
            (" · ", label, use, memory, power, heat),
            (" ", label, use, memory, power, heat),
            (" ", label, use, memory, heat),
            (" ", label, use, memory),
            (" ", label, use),
        ]
    for separator, *parts in choices:
        words = separator.join(part for part in parts if part)
        if len(words) <= width:
            break
    return words


def _use(reading: Device) -> str:
    if reading.use is None:
        return ""
    if reading.cores is not None:
        return f"{reading.use / 100 * reading.cores:.1f}/{reading.cores} cores"
    return f"{reading.use:.0f} %"


def _memory(reading: Device) -> str:
    if reading.memory_used is None or not reading.memory_total:
        return ""
    total = reading.memory_total / GIB
    words = f"{reading.memory_used / GIB:.1f}/{total:.{0 if total >= 10 else 1}f} GiB"
    return f"RAM {words}" if reading.cores is not None else words


def _short_name(name: str) -> str:
    """Return a GPU's name without its maker and its memory: `H100`, `RTX 4090`, `A100-SXM4`."""
    name = re.sub(r"^(NVIDIA|GeForce| )+", "", plain(name))
    return re.split(r"[ -]\d+ ?GB", name)[0][:20].strip()
