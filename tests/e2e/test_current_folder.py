"""What lies in the current folder is never imported by the processes that we start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small import small_config, wait_for, write_ratings

import cftui
from cftui.charts import Chart, Drawing
from cftui.questions.data import ListDataSets
from cftui.runs.control import send
from cftui.runs.find import find_run
from cftui.runs.launch import Launched, launch, launch_resume
from cftui.tui.services.child import Child
from cftui.tui.services.jobs import run_job

NAMES = (
    *("json", "random", "queue", "types", "email", "secrets", "statistics"),
    *("safetensors", "numpy", "torch", "pandas", "textual", "cftui"),
)
MINE = """
from torch import nn

class Mine(nn.Module):
    def __init__(self, n_users: int, n_items: int, rank: int = 4):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, rank)
        self.item_factors = nn.Embedding(n_items, rank)

    def forward(self, users, items):
        return (self.user_factors(users) * self.item_factors(items)).sum(1)
"""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder whose modules have tempting names; return the file they would write."""
    folder, marker = tmp_path / "trap", tmp_path / "imported"
    write_ratings(folder / "small", n=900)
    for name in NAMES:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(
            f"open({str(marker)!r}, 'a').write('{name} ')\nraise ImportError('a trap')\n"
        )
    (folder / "mine.py").write_text(MINE)
    monkeypatch.chdir(folder)
    # An empty entry of the path means the current folder, whatever is asked of Python.
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f":{known}:.")
    return marker


def untouched(trap: Path) -> bool:
    """Return whether nothing of the folder was imported."""
    return not trap.exists()


def ended_well(started: Launched) -> bool:
    """Wait for a trainer to end."""
    assert started.process.wait(timeout=120) == 0, started.last_words()
    return True


def test_the_command_does_not_nor_what_it_starts_and_finds_a_model_by_its_file_alone(
    trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the shell finds it; a path that names the current folder is the shell's own affair."""
    monkeypatch.setenv("PYTHONPATH", str(Path(cftui.__file__).parents[1]))
    command = Path(sys.executable).with_name("cftui")
    words = ["--data", "small", "--epochs", "1", "--device", "cpu", "--id", "r"]
    for run in ([*words, "--model", "mine.py:Mine", "--detach"], [*words[:-1], "s"]):
        subprocess.run([command, "train", *run], check=True, capture_output=True, timeout=120)
    subprocess.run([command, "doctor", "--quick"], capture_output=True, timeout=120, check=False)
    wait_for(lambda: find_run("r").record().state == "finished")
    assert find_run("s").record().state == "finished" and untouched(trap)


def test_a_trainer_does_not(trap: Path) -> None:
    assert ended_well(launch(small_config("small", training={"epochs": 1}), "r"))
    assert find_run("r").record().state == "finished"
    assert untouched(trap)


def test_a_trainer_that_goes_on_does_not(trap: Path) -> None:
    started = launch(small_config("small", training={"epochs": 100_000}), "r")
    wait_for(lambda: started.run.path.is_dir() or started.ended())
    send(started.run.path, "stop")
    assert ended_well(started) and started.run.record().state == "stopped"
    again = launch_resume(started.run)
    wait_for(lambda: started.run.status().alive or again.ended())
    send(started.run.path, "stop")
    assert ended_well(again) and started.run.record().state == "stopped"
    assert untouched(trap)


async def test_a_job_does_not(trap: Path) -> None:
    told: list[dict[str, object]] = []
    await run_job(["data", "ingest", "small"], told.append)
    assert told and untouched(trap)


async def test_brain_and_painter_do_not(trap: Path) -> None:
    brain, painter = Child("cftui.brain"), Child("cftui.painter")
    try:
        assert await brain.ask(ListDataSets())
        drawn = await painter.ask(Chart(20, 5, (), (255, 255, 255)))
        assert isinstance(drawn, Drawing)
    finally:
        await brain.close()
        await painter.close()
    assert untouched(trap)
