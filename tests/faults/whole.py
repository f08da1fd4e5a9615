"""Every call of a small training: the power cut before it, and the disk refusing it."""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from trials import ERRORS, power_cuts, prepare, refusal  # noqa: E402 - found there


def main() -> int:
    """Try all; return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="power cuts: coins for each call")
    seeds = parser.parse_args().seeds
    faults: list[str] = []
    tried = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = prepare(folder)
        for seed in range(seeds):
            found = power_cuts(folder, whole, set(range(whole.calls)), seed)
            faults += found
            tried += whole.calls
            for made in ("home", "cuts"):
                (folder / made).rename(folder / f"{made}-{seed}")
        print(f"power cuts: {tried} tried, {len(faults)} went wrong", flush=True)
        for number in ERRORS:
            for on in (False, True):
                found = [refusal(folder, whole, n, number, on=on) for n in range(whole.calls)]
                bad = [words for words in found if words]
                kind = "from the n-th call on" if on else "the n-th call"
                print(f"errno {number}, {kind}: {whole.calls} tried, {len(bad)} went wrong")
                faults += bad
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
