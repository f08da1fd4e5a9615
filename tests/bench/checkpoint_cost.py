"""What a checkpoint costs: seconds to write the lesson's model with an optimizer's slots."""

import argparse
import contextlib
import os
import statistics
import sys
import time

from measuring import a_home, busy, spread, verdict

BOUND = 0.25
"""Seconds; one is written every 5 s of training, so that this is a twentieth of it."""
PARAMETERS = 496_587
SLOTS = {"sgd": 1, "adam": 2}


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=30)
    times = parser.parse_args().times
    held = []
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        import numpy as np

        from cftui.runs.checkpoint import save_checkpoint

        for optimizer, slots in SLOTS.items():
            arrays = {f"table{n}": np.ones(PARAMETERS, np.float32) for n in range(1 + slots)}
            seconds = []
            for _ in range(times):
                began = time.perf_counter()
                save_checkpoint(home / "last.safetensors", arrays, {"step": "1"})
                seconds.append(time.perf_counter() - began)
            size = (home / "last.safetensors").stat().st_size / 1e6
            print(f"{optimizer}, {size:.1f} MB: median {spread(seconds)} s, {busy()}")
            held.append(verdict(f"{optimizer}, checkpoint", statistics.median(seconds), BOUND))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
