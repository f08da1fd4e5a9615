"""A job that never ends by itself, for tests of the process that does jobs."""

import time
from dataclasses import dataclass
from pathlib import Path

from cftui.library.door import Library, performs
from cftui.questions.job import Job, Progress


@dataclass(frozen=True)
class Wait(Job[int], answered_in="slow_job"):
    """When is the folder full?"""

    store: str
    folder: str

    @property
    def key(self) -> str:
        return "wait"


@performs(Wait)
def wait(_: Library, job: Wait, progress: Progress) -> int:
    half_made = Path(job.folder) / "half-made"
    half_made.touch()
    try:
        print("this is not an answer")
        while True:
            progress(0, 1, "waiting")
            time.sleep(0.01)
    finally:
        half_made.unlink()
