"""Made `home` and `expected.json`, with cftui as of commit 524133c; later code only reads them.

`PYTHONPATH=.:tests python tests/old_runs/make.py`, from the root of that commit.
"""

import contextlib
import getpass
import io
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from old_home import FOLDER, answers, predicted, rows, texts, unpack
from small import here
from terminal import Terminal

MODELS = Path(__file__).parent / "models"
SMALL = ("--factors", "4", "--batch-size", "16", "--epochs", "2")
LONG = ("--factors", "4", "--batch-size", "1", "--epochs", "4", "--lr", "0.002")
"""An epoch of a quarter of a second, so that there is time to stop within it."""
WIDE = ("--set", "model.init_range=0.5")
"""Far from the saddle at zero, where rounding would decide which way a factor grows."""

FINISHED: dict[str, tuple[str, ...]] = {
    "dot-adam": ("--model", "dot", "--optimizer", "adam", *SMALL, *WIDE, "--lr", "0.05"),
    "dot-bias-sgd": ("--optimizer", "sgd", *SMALL),
    "dot-bias-adam": ("--optimizer", "adam", *SMALL, "--name", "the reference"),
    "dot-bias-adamw-one-cycle": (
        *("--optimizer", "adamw", "--schedule", "one-cycle", *SMALL, "--split", "per-user"),
    ),
    "dot-bias-rmsprop": ("--optimizer", "rmsprop", *SMALL, "--split", "leave-last-out"),
    "dot-bias-adagrad": ("--optimizer", "adagrad", *SMALL, "--split", "time"),
    "dot-bias-adam-restarts": ("--optimizer", "adam", "--schedule", "cosine-restarts", *SMALL),
    "net-adam": ("--model", "net", "--optimizer", "adam", *SMALL, "--set", "model.hidden=8 4"),
    "own-mine": ("--model", "MODELS/mine.py:Mine", "--set", "model.rank=4", *SMALL[2:]),
    "own-lesson": ("--model", "MODELS/lesson.py:EmbeddingDotBias", *SMALL),
}
STOPPED: dict[str, tuple[str, ...]] = {
    "dot-bias-sgd-stopped": ("--optimizer", "sgd", "--set", "optimizer.nesterov=true", *LONG),
    "dot-bias-adam-stopped": (
        *("--optimizer", "adam", "--schedule", "one-cycle", *LONG, "--split", "per-user"),
    ),
    "dot-rmsprop-stopped": (
        "--model",
        "dot",
        "--optimizer",
        "rmsprop",
        *LONG,
        *WIDE,
        "--lr",
        "0.02",
    ),
    "dot-bias-adagrad-stopped": (
        "--optimizer",
        "adagrad",
        *LONG,
        "--lr",
        "0.02",
        "--split",
        "time",
    ),
    "net-adamw-stopped": (
        *("--model", "net", "--optimizer", "adamw", "--schedule", "cosine-restarts", *LONG),
        *("--set", "model.hidden=8"),
    ),
    "own-mine-stopped": (
        *("--model", "MODELS/mine.py:Mine", "--set", "model.rank=4", *LONG[2:]),
        *("--optimizer", "adam"),
    ),
}
CHANGED = ("--optimizer", "adam", *LONG, "--epochs", "12")
DIED = ("--optimizer", "adam", *LONG, "--split", "leave-last-out")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cftui.cli", *words]


def homes(home: Path) -> dict[str, str]:
    return {"CFTUI_HOME": str(home), "CFTUI_CONSENT_HOME": str(home / "state")}


def ask(home: Path, *words: str) -> str:
    env = {**os.environ, **homes(home), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command(*words), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def train(home: Path, run: str, words: tuple[str, ...]) -> list[str]:
    known = [word.replace("MODELS", str(home / "models")) for word in words]
    fixed = ("--data", str(home / "small"), "--device", "cpu", "--set", "training.threads=1")
    return ["train", *fixed, *known, "--id", run, "--json"]


def interrupt(
    home: Path, run: str, words: tuple[str, ...], act: Callable[[subprocess.Popen[str]], Any]
) -> None:
    """Train, and do something in the second epoch."""
    env = {**os.environ, **homes(home), "OMP_NUM_THREADS": "1"}
    words = tuple(train(home, run, words))
    trainer = subprocess.Popen(command(*words), env=env, stdout=subprocess.DEVNULL, text=True)
    events = home / "data" / "runs" / run / "events.jsonl"
    while not (
        events.exists() and '"event":"step"' in events.read_text().partition('"epoch":1,')[2]
    ):
        assert trainer.poll() is None
        time.sleep(0.002)
    act(trainer)
    trainer.wait()


def stop_within_an_epoch(home: Path, run: str, words: tuple[str, ...]) -> None:
    while True:
        interrupt(home, run, words, lambda trainer: trainer.send_signal(signal.SIGINT))
        (told,) = [row for row in rows(ask(home, "runs", "list", "--json")) if row["run"] == run]
        if told["state"] == "stopped" and told["step"] % told["steps_per_epoch"]:
            return
        ask(home, "runs", "rm", "--yes", run)


def change_rate(home: Path, run: str) -> None:
    """Halve the rate while it trains, and stop it after that."""

    def act(trainer: subprocess.Popen[str]) -> None:
        ask(home, "runs", "pause", run)
        ask(home, "runs", "set", run, "lr=0.001")
        ask(home, "runs", "resume", run)
        ask(home, "runs", "stop", run)

    interrupt(home, run, CHANGED, act)


def write_ratings(folder: Path) -> None:
    """Write ratings with some structure, and titles that need care."""
    draw = random.Random(524133)
    users, items = range(1, 51), range(1001, 1071)
    pairs = draw.sample([(user, item) for user in users for item in items], 1200)
    pairs += [(u, 1001) for u in users if u not in {user for user, _ in pairs}]
    taste = {key: [draw.gauss(0, 1) for _ in range(3)] for key in (*users, *items)}
    lines = []
    for user, item in pairs:
        affinity = sum(a * b for a, b in zip(taste[user], taste[item], strict=True))
        value = round(2 * (3.3 + 0.6 * affinity + draw.gauss(0, 0.3))) / 2
        lines.append(
            f"{user},{item},{min(5.0, max(0.5, value))},{draw.randrange(10**9, 15 * 10**8)}"
        )
    folder.mkdir(parents=True)
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines, ""]))
    kinds = ("Drama", "Comedy|Romance", "Action|Sci-Fi", "Crime|Drama|Thriller")
    names = ("Fällt, Der", 'The "Quoted"', "Ночь", "Plain Film")
    titles = [
        '{},"{} {} ({})",{}'.format(
            item, names[item % 4].replace('"', '""'), item % 100, 1950 + item % 60, kinds[item % 3]
        )
        for item in items
    ]
    (folder / "movies.csv").write_text(
        "\n".join(["movieId,title,genres", *titles, ""]), encoding="utf-8"
    )


def use_the_screen(home: Path) -> None:
    """Mark a run and note something of it, rate two films as You, leave the screen there."""
    screen = Terminal(home, str(home / "small"))
    screen.wait("[3 Train]", "1,200 ratings")
    screen.send("4")
    screen.wait("[4 Runs]", "dot-bias-adam-died")
    screen.send("t")
    screen.wait("Note on dot-bias-adam-died")
    screen.send("killed in its second epoch\r")
    died = home / "data" / "runs" / "dot-bias-adam-died"
    screen.wait((died / "user.toml").exists)
    screen.send(" ")
    screen.wait("1 marked")
    screen.send("5")
    screen.wait("[5 Explore]", "Would like")
    screen.send("y")
    screen.wait("You: 0 ratings", "Plain Film")
    for count, (title, value) in enumerate((("Film 31", "5"), ("Film 43", "1.5")), 1):
        screen.send("/")
        screen.wait(gone="n At least")
        screen.send(title)
        screen.wait(f"› Plain {title}")
        screen.send("\r")
        screen.wait("n At least")
        screen.send("\r")
        screen.wait("Your rating")
        screen.send(f"{value}\r")
        screen.wait(f"You: {count} rating", gone="Your rating")
    screen.send("q")
    assert screen.end() == 0


def freeze(home: Path) -> None:
    """Put names in place of paths, hosts and users; leave out what can be made again."""
    shutil.rmtree(home / "state" / "trusted-models")
    for name in ("models", "state/runs-index.json", "state/recent.lock", "cache/ratings/.lock"):
        path = home / name
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (*home.rglob(".turn"), *(home / "state").glob("*.log")):
        path.unlink()
    for path in texts(home):
        text = path.read_text(encoding="utf-8").replace(str(home), "@HOME@")
        host = "@HOST@" if "died" in path.parent.name else "gpu-box"
        text = text.replace(f"{getpass.getuser()}@{socket.gethostname()}", "someone@gpu-box")
        path.write_text(text.replace(socket.gethostname(), host), encoding="utf-8")
    shutil.rmtree(FOLDER / "home", ignore_errors=True)
    shutil.copytree(home, FOLDER / "home")


def ask_here(*words: str) -> str:
    """Run a command in this process, which is quicker; its home is that of the environment."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert here(*words) == 0, words
    return said.getvalue()


def expect(folder: Path) -> dict[str, Any]:
    """Return what this version makes of a copy of the old home, all runs resumed at the end."""
    home = unpack(folder / "copy")
    os.environ.update(homes(home))
    for run in ("own-mine", "own-lesson"):
        ask_here("runs", "trust", run)
    runs = {row["run"]: row for row in rows(ask_here("runs", "list", "--json"))}
    found: dict[str, Any] = {}
    for run, row in sorted(runs.items()):
        shown = json.loads(ask_here("runs", "show", run, "--json"))
        told = {"listed": row, "epochs_done": shown["epochs_done"], "config": shown["config"]}
        found[run] = {**told, **answers(ask_here, run, folder)}
    for run, row in runs.items():
        if row["state"] != "finished":
            lines = rows(ask_here("runs", "resume", run, "--json"))
            found[run]["checkpoint"] = lines[0]["step"]
            found[run]["resumed"] = {
                "step": lines[-1]["step"],
                "valid_mse": lines[-1]["valid_mse"],
                "predicted": predicted(ask_here, run, folder),
            }
    text = json.dumps(found, ensure_ascii=False).replace(str(home), "@HOME@")
    return dict(json.loads(text.replace(socket.gethostname(), "@HOST@")))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "made"
        write_ratings(home / "small")
        shutil.copytree(MODELS, home / "models")
        for run, words in FINISHED.items():
            ask(home, *train(home, run, words))
        for run, words in STOPPED.items():
            stop_within_an_epoch(home, run, words)
        change_rate(home, "dot-bias-adam-changed")
        interrupt(home, "dot-bias-adam-died", DIED, lambda trainer: trainer.kill())
        use_the_screen(home)
        freeze(home)
        text = json.dumps(expect(Path(folder)), indent=1, ensure_ascii=False)
        (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
