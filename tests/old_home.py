"""The home that an earlier version of cftui left: runs, a store, what the screen remembered."""

import csv
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "old_runs"
PLACES = {"@HOME@": str, "@HOST@": lambda _: socket.gethostname()}
"""What stands in the files for what differs from machine to machine."""
TEXTS = (".json", ".jsonl", ".toml", ".txt", "lock")

PAIRS = (("3", "1001"), ("7", "1020"), ("21", "1033"), ("40", "1052"), ("50", "1070"))
USER, ITEM = "7", "1020"
RATED = ("--rated", "1003=5", "--rated", "1044=1.5")


def texts(home: Path) -> list[Path]:
    """Return the files of a home that may name its path or its host."""
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return [path for path in files if path.name.endswith(TEXTS)]


def unpack(home: Path) -> Path:
    """Copy the old home to a place and make its files speak of that; return it."""
    shutil.copytree(FOLDER / "home", home)
    for path in texts(home):
        text = path.read_text(encoding="utf-8")
        for place, value in PLACES.items():
            text = text.replace(place, value(home))
        path.write_text(text, encoding="utf-8")
    for run in (home / "data" / "runs").iterdir():
        (run / "control").mkdir(exist_ok=True)  # Git keeps no empty folders, nor times
        made = json.loads((run / "run.json").read_text(encoding="utf-8"))["created"]
        os.utime(run / "config.toml", (made, made))
    return home


Ask = Callable[..., str]
"""Runs a command of the shell that must succeed, and returns what it printed."""


def rows(text: str) -> list[dict[str, Any]]:
    """Return the lines of JSON that a command printed, without that which says who answers."""
    found = [json.loads(line) for line in text.splitlines()]
    return [row for row in found if row.get("event") not in ("run", "newcomer", "judgement")]


def predicted(ask: Ask, run: str, folder: Path, *more: str) -> list[float]:
    """Return what a run predicts for `PAIRS`."""
    pairs, out = folder / "pairs.csv", folder / "predicted.csv"
    pairs.write_text("user,item\n" + "".join(f"{user},{item}\n" for user, item in PAIRS))
    ask("predict", "--pairs", str(pairs), "--out", str(out), "--run", run, *more)
    with out.open(newline="", encoding="utf-8") as file:
        return [float(row["prediction"]) for row in csv.DictReader(file)]


def answers(ask: Ask, run: str, folder: Path) -> dict[str, Any]:
    """Return what a run answers to the questions that every run is asked."""
    found: dict[str, Any] = {
        "predicted": predicted(ask, run, folder),
        "best": predicted(ask, run, folder, "--best"),
    }
    out = folder / "valid.csv"
    valid = ask("predict", "--split", "valid", "--out", str(out), "--run", run, "--json")
    found["valid_rmse"] = rows(valid)[-1]["rmse"]
    first = ("-n", "5", "--run", run, "--json")
    # By what the run itself predicts: all that there was then.
    stars = ("--order", "stars")
    found["recommended"] = rows(ask("recommend", "--user", USER, *stars, *first))
    if "net" not in run:
        found["similar"] = rows(
            ask("similar", ITEM, "--by", "cosine", "--min-ratings", "1", *first)
        )
    if run.startswith("dot"):
        found["newcomer"] = rows(ask("recommend", *RATED, *stars, "--min-ratings", "1", *first))
    return found
