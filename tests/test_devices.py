"""Readings of devices, from recorded libraries: two GPUs, none, one lost, fields refused."""

import json
import time
from dataclasses import asdict, replace

import psutil
import pytest
from nvml import (
    GPU_IS_LOST,
    H100,
    NO_PERMISSION,
    NOT_SUPPORTED,
    RTX,
    UNINITIALIZED,
    VERSION_MISMATCH,
    RecordedNvml,
)

from cftui import devices
from cftui.devices import (
    DeviceReader,
    DeviceReading,
    Gpu,
    MachineSource,
    NvmlSource,
    Source,
    SourceLost,
    seconds_between,
)
from cftui.runs.events import Checkpointed, Step, from_json, to_json
from cftui.runs.history import History
from cftui.training.device_watch import device_event
from cftui.training.reporter import FINEST, PER_RUN

BUSY = DeviceReading(
    "GPU 0", "NVIDIA H100 80GB HBM3", 87.0, 12_300_000_000, 80 * 10**9, 310.4, 64.0
)


def test_a_gpu_is_read() -> None:
    assert NvmlSource(RecordedNvml([H100, RTX]), Gpu()).read() == BUSY


def test_the_gpu_is_found_by_its_identity_whatever_its_number() -> None:
    # CUDA numbers the fastest first, nvidia-smi by the bus.
    rtx = Gpu("22222222-aaaa-bbbb-cccc-000000000000", index=0)
    reading = NvmlSource(RecordedNvml([H100, RTX]), rtx).read()
    assert (reading.label, reading.name, reading.use) == ("GPU 1", "NVIDIA GeForce RTX 4090", 3.0)


@pytest.mark.parametrize(
    ("visible", "label"), [("", "GPU 0"), ("1", "GPU 1"), (RTX["nvmlDeviceGetUUID"], "GPU 1")]
)
def test_without_an_identity_the_visible_devices_decide(visible: str, label: str) -> None:
    environ = {"CUDA_VISIBLE_DEVICES": visible} if visible else {}
    assert NvmlSource(RecordedNvml([H100, RTX]), Gpu(), environ).read().label == label


def test_a_refused_field_is_unknown_and_the_others_stand() -> None:
    library = RecordedNvml([H100])
    library.errors = {
        "nvmlDeviceGetPowerUsage": NOT_SUPPORTED,
        "nvmlDeviceGetUtilizationRates": NO_PERMISSION,
    }
    reading = NvmlSource(library, Gpu()).read()
    assert reading.power is None and reading.use is None
    assert (reading.memory_used, reading.temperature) == (12_300_000_000, 64.0)


def test_a_driver_without_the_old_call_for_the_temperature() -> None:
    newer = {key: value for key, value in H100.items() if key != "nvmlDeviceGetTemperature"}
    assert (
        NvmlSource(RecordedNvml([{**newer, "nvmlDeviceGetTemperatureV": 55}]), Gpu())
        .read()
        .temperature
        == 55
    )


@pytest.mark.parametrize("code", [GPU_IS_LOST, UNINITIALIZED])
def test_a_gpu_lost_in_mid_run_is_said_once_and_the_machine_read_instead(code: int) -> None:
    library, said = RecordedNvml([H100]), list[str]()
    sources = [lambda: NvmlSource(library, Gpu()), MachineSource]
    reader = DeviceReader(sources, said.append)
    assert reader.read() == BUSY and said == []
    library.gone = code
    readings = [reader.read() for _ in range(3)]
    assert [reading.label for reading in readings if reading] == ["CPU"] * 3
    assert len(said) == 1 and said[0].startswith("NVML stopped answering")
    library.gone = None
    back = reader.read()
    assert back is not None and back.label == "CPU", "it does not go to and fro"


def test_a_gpu_that_tells_nothing_is_as_good_as_lost() -> None:
    library = RecordedNvml([H100])
    library.errors = {name: NOT_SUPPORTED for name in H100 if name != "nvmlDeviceGetUUID"}
    with pytest.raises(SourceLost, match="tells nothing"):
        NvmlSource(library, Gpu()).read()


@pytest.mark.parametrize(
    ("library", "words"),
    [
        (RecordedNvml([H100], init_error=VERSION_MISMATCH), "restart the machine"),
        (RecordedNvml([H100], init_error=9), "the NVIDIA driver is not loaded"),
        (RecordedNvml([H100], init_error=12), "no NVIDIA driver is installed"),
        (RecordedNvml([]), "NVML does not know this GPU"),
    ],
)
def test_nvml_that_never_answers_is_said_with_a_remedy(
    library: RecordedNvml, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pynvml", library)
    said: list[str] = []
    reading = devices.reader_for("cuda:0", Gpu(), said.append).read()
    assert reading is not None and reading.label == "CPU"
    assert len(said) == 1 and words in said[0]


def test_no_source_left_is_no_reading() -> None:
    def lost() -> Source:
        raise SourceLost("gone")

    said: list[str] = []
    reader = DeviceReader([lost, lost], said.append)
    assert reader.read() is None and reader.read() is None and said == ["gone", "gone"]


def test_the_machine_is_read_as_psutil_sees_it() -> None:
    began, source = time.monotonic(), MachineSource()
    spun = time.process_time() + 0.2
    while time.process_time() < spun:
        pass
    reading = source.read()
    passed = time.monotonic() - began  # long, where other work has the machine
    assert reading.memory_total == psutil.virtual_memory().total
    assert reading.cores == psutil.cpu_count()
    assert reading.own_cores is not None and reading.own_cores * passed > 0.1
    assert reading.use is not None and 0 < reading.use <= 100
    assert (reading.power, reading.temperature) == (None, None)


def test_an_event_leaves_out_what_is_not_known_and_comes_back_whole() -> None:
    machine = device_event(DeviceReading("CPU", use=45.06, cores=16, own_cores=1.04))
    line = json.loads(to_json(machine))
    assert set(line) == {"event", "time", "label", "use", "cores", "own_cores"}
    assert from_json(to_json(machine)) == machine and machine.use == 45.1
    gpu = device_event(BUSY)
    assert {**asdict(gpu), "time": 0} == {
        "time": 0, **asdict(BUSY), "cores": None, "own_cores": None,
    }  # fmt: skip


def test_what_stays_the_same_is_told_once_and_history_keeps_the_newest_whole() -> None:
    later = replace(BUSY, use=3.0, power=70.0)
    first, second = device_event(BUSY), device_event(later, told=BUSY)
    assert {"name", "memory_total"}.isdisjoint(json.loads(to_json(second)))
    history = History()
    history.feed([first, second])
    assert history.device is not None
    assert {**asdict(history.device), "time": 0} == {"time": 0, **asdict(later)}
    # The processor that stands in for a lost GPU takes nothing over from it.
    history.feed([device_event(DeviceReading("CPU", cores=2), told=later)])
    assert history.device.name == "" and history.device.memory_total is None


def test_a_reading_in_8_s_at_most_and_a_week_under_50_mb() -> None:
    week, now, readings = 7 * 86_400.0, 0.0, 0
    while now < week:
        pause = seconds_between(now)
        assert 2.0 <= pause <= devices.STALE_SECONDS - 2.0
        now, readings = now + pause, readings + 1
    steps, now = 0, 0.0
    while now < week:
        now, steps = now + max(FINEST, now / PER_RUN), steps + 1
    reading = DeviceReading("GPU 15", BUSY.name, 100.0, 10**11, 10**11, 1000.4, 100.0)
    device = device_event(reading, told=reading)
    step = Step(10**9, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 30, 604_799.123456, 0.333333, 0.333333)
    checkpoint = Checkpointed(10**9, 10**5, 0.123456)
    size = (
        readings * len(to_json(device)) + steps * len(to_json(step))
        + week / 5.0 * len(to_json(checkpoint))
    )  # fmt: skip
    assert size < 50e6
