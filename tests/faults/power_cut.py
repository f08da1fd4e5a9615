"""Cut the power of a real file system beneath a trainer, again and again, and go on afterwards.

A file system in a loop device is shut down without flushing its log, as a power cut does, and
mounted anew. Needs root, loop devices and mkfs.ext4, mkfs.xfs (e2fsprogs, xfsprogs). `kill` is no
file system: there the trainer alone dies, by kill -9, on the ordinary disk.

python tests/faults/power_cut.py [--cuts 20] [--kinds ext4,xfs,kill] [--seed 1]

Each cut happens at a random moment of a run's first seconds, or of an older run's going on. It
counts as survived where afterwards the list of runs names the run and calls nothing damaged,
`runs resume` ends with the same bits as an undisturbed run, and somebody's own ratings, saved
just before, are there. A run that was not there yet counts apart.
"""

import argparse
import array
import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from terminal import CFTUI, environment

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, which is XFS_IOC_GOINGDOWN too: _IOR('X', 125, __u32)."""
NO_LOG_FLUSH = 2
MEBIBYTES = {"ext4": 200, "xfs": 400}
SETTINGS = ("--factors", "8", "--batch-size", "256", "--set", "training.threads=1")
FRESH, OLDER = "first seconds", "older"
SAVE = """
import sys
from cftui.people import Profile, save_profile
save_profile(sys.argv[1], Profile((("1", 5.0), ("50", 4.0), ("260", 4.5))), "anna")
"""


class Cut(Exception):
    """What a cut has broken."""


class Disk:
    """A file system of its own in a loop device."""

    def __init__(self, kind: str, image: Path, place: Path) -> None:
        self._kind, self._image, self.place = kind, image, place
        image.unlink(missing_ok=True)
        with image.open("wb") as file:
            file.truncate(MEBIBYTES[kind] << 20)
        quiet = "-q" if kind == "xfs" else "-Fq"
        _run(f"mkfs.{kind}", quiet, str(image))
        place.mkdir(exist_ok=True)
        self.mount()

    def mount(self) -> None:
        """Mount it; after a cut its log is replayed."""
        _run("mount", "-o", "loop", str(self._image), str(self.place))

    def cut(self) -> None:
        """Take its power away: what has not reached the disk is lost."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, array.array("I", [NO_LOG_FLUSH]))
        finally:
            os.close(descriptor)

    def unmount(self) -> None:
        """Unmount it, waiting until nobody uses it any more."""
        for _ in range(50):
            if not subprocess.run(
                ("umount", self.place), check=False, capture_output=True
            ).returncode:
                return
            time.sleep(0.1)
        _run("umount", "-l", str(self.place))


class Ordinary:
    """A folder of the ordinary disk, which goes on having power: only the trainer is killed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()

    def mount(self) -> None:
        """Do nothing."""

    cut = unmount = mount


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _cftui(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*CFTUI, *words),
        check=False,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
    )


def _runs(home: Path) -> list[dict[str, object]]:
    listed = _cftui(home, "runs", "list", "--json")
    if listed.returncode:
        raise Cut(f"runs list: {listed.stderr.strip()}")
    return [json.loads(line) for line in listed.stdout.splitlines()]


def _folder(home: Path) -> Path | None:
    found = [path for path in home.glob("data/runs/*") if not path.name.startswith(".")]
    return found[0] if found else None


def _weights(run: Path) -> dict[str, bytes]:
    import safetensors.numpy

    return {
        f"{name}/{key}": value.tobytes()
        for name in ("last", "best")
        for key, value in safetensors.numpy.load_file(run / f"{name}.safetensors").items()
    }


def _train(home: Path, epochs: int) -> Sequence[str]:
    return (*CFTUI, "train", *SETTINGS, "--epochs", str(epochs), "--json")


@contextmanager
def _training(home: Path, words: Sequence[str]) -> Iterator[None]:
    trainer = subprocess.Popen(
        words, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        trainer.kill()
        trainer.wait()


class Cuts:
    """Homes to begin from, made once on the ordinary disk, and the weights to end with."""

    def __init__(self, folder: Path, epochs: int) -> None:
        self._folder, self._epochs = folder, epochs
        self.fresh, self.older = folder / "fresh", folder / "older"
        started = time.monotonic()
        subprocess.run(_train(self.fresh, epochs), env=environment(self.fresh), check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        self.seconds = time.monotonic() - started
        run = _folder(self.fresh)
        assert run
        self.expected = _weights(run)
        self.fingerprint = json.loads((run / "run.json").read_text())["fingerprint"]
        shutil.rmtree(run)
        self._make_older()

    def _make_older(self) -> None:
        """Have a run ended by ctrl+c in the middle."""
        shutil.copytree(self.fresh, self.older)
        with _training(self.older, _train(self.older, self._epochs)):
            while not (run := _folder(self.older)) or not (run / "last.safetensors").exists():
                time.sleep(0.05)
            _cftui(self.older, "runs", "stop", run.name)

    def one(self, disk: Disk | Ordinary, moment: str, chance: random.Random) -> str:
        """Cut once and return `survived` or `no run yet`; raises Cut where something broke."""
        home = disk.place / "home"
        shutil.copytree(self.fresh if moment == FRESH else self.older, home)
        os.sync()
        words = _train(home, self._epochs)
        if moment == OLDER and (run := _folder(home)):
            words = (*CFTUI, "runs", "resume", run.name)
        with _training(home, words):
            until = time.monotonic() + chance.uniform(0.3, min(8.0, 1.1 * self.seconds))
            time.sleep(max(0.0, until - time.monotonic()))
            # Its fsync has the log written: names reach the disk before the data they stand for.
            saver = (sys.executable, "-c", SAVE, self.fingerprint)
            subprocess.run(saver, env=environment(home), check=True)
            disk.cut()
        disk.unmount()
        disk.mount()
        return self._looked_at(home)

    def _looked_at(self, home: Path) -> str:
        look = "import sys; from cftui.people import load_profile as l; "
        look += "print(len(l(sys.argv[1], 'anna').rated))"
        words = (sys.executable, "-c", look, self.fingerprint)
        rated = subprocess.run(
            words, check=False, env=environment(home), capture_output=True, text=True
        )
        if rated.stdout.strip() != "3":
            raise Cut(f"own ratings: {rated.stdout}{rated.stderr[-300:]}")
        run = _folder(home)
        if run is None:
            return "no run yet"
        listed = [found for found in _runs(home) if found.get("run") == run.name]
        if len(listed) != 1 or listed[0].get("state") in ("damaged", None):
            raise Cut(f"listed as {listed}")
        resumed = _cftui(home, "runs", "resume", run.name)
        with suppress(OSError, ValueError):
            if _weights(run) == self.expected:
                return "survived"
        raise Cut(f"resumed ({resumed.returncode}) to other weights: {resumed.stderr[-500:]}")


def main() -> int:
    """Cut as often as asked, print a line a kind of file system and moment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=20, help="of each kind of file system")
    parser.add_argument("--kinds", default="ext4,xfs,kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="power-") as name:
        folder = Path(name)
        cuts = Cuts(folder, given.epochs)
        print(f"an undisturbed run takes {cuts.seconds:.1f} s", flush=True)
        for kind in given.kinds.split(","):
            ends: Counter[tuple[str, str]] = Counter()
            for number in range(given.cuts):
                moment = OLDER if number % 2 else FRESH
                place = folder / "disk"
                disk = Ordinary(place) if kind == "kill" else Disk(kind, folder / "image", place)
                try:
                    end = cuts.one(disk, moment, chance)
                except Cut as error:
                    end = "broken"
                    print(f"{kind}, {moment}, no. {number}: {error}", flush=True)
                finally:
                    disk.unmount()
                ends[moment, end] += 1
            broken += sum(count for (_, end), count in ends.items() if end == "broken")
            for (moment, end), count in sorted(ends.items()):
                print(f"{kind:5} {moment:14} {end:12} {count}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
