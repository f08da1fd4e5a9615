"""Which modules a statement loads, in an interpreter of its own."""

import subprocess
import sys


def modules_after(statement: str) -> set[str]:
    return {name.partition(".")[0] for name in whole_names_after(statement)}


def whole_names_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
