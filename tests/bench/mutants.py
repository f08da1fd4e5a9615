"""How many small mistakes the tests notice: a seeded sample of mutants, each against its tests.

Every mutant is made in a copy of the repository. It meets the tests that run its line, the
quickest first, in a process forked from one that has loaded torch and pytest, but nothing of ours.
Needs `coverage` beside the development requirements. The log is JSON lines; a mutant that is in it
is not run again, so a run that was ended goes on where it was.
"""

import argparse
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mutations import Mutant, mutants_of, sample

SOURCES = ("cftui/training", "cftui/explore", "cftui/optim", "cftui/runs/compare.py")
LEFT_OUT = ("bench", "e2e", "ratings", "tui", "test_install.py")
"""Tests that start whole programs, which is slow, or that are of another subject."""
COPIED = ("cftui", "tests", "data", "pyproject.toml", "README.md", "LICENSE")
LOADED = ("torch", "numpy", "pyarrow.parquet", "scipy.optimize", "pydantic", "typer", "rich")
LOADED += ("safetensors.numpy", "rapidfuzz", "httpx", "hypothesis", "pytest", "pytest_asyncio")
ROOT = Path(__file__).parents[2]
GRACE, FACTOR, ALSO_SECONDS = 10.0, 5.0, 300.0
"""A mutant may take this many seconds, and this many times what its tests take without it; files
of tests that were not measured, so long each."""

Tests = dict[str, dict[str, Any]]
"""By test id: `seconds`, and `lines` by file; `""` is what collecting the file runs."""


def main() -> None:
    """Take the sample, run what is left of it, print what survived."""
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):  # in the background as well
        signal.signal(number, signal.default_int_handler)
    sources = {file: (ROOT / file).read_bytes() for file in python_files(options.sources)}
    found = {file: mutants_of(file, source) for file, source in sources.items()}
    chosen = sample({file: some for file, some in found.items() if some}, options.n, options.seed)
    done = read_log(options.log)
    if options.again:
        done = {key: line for key, line in done.items() if line["outcome"].startswith("killed")}
    for name in LOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        tests = measured(copy, sources, options.log.with_suffix(".map.json"))
        for number, mutant in enumerate(chosen, start=1):
            if mutant.key not in done:
                covering = covering_tests(mutant, tests)[: options.cap]
                done[mutant.key] = tried(copy, mutant, covering, tests, options.also)
                with options.log.open("a") as log:
                    log.write(json.dumps(done[mutant.key]) + "\n")
                print(f"{number}/{len(chosen)} {headline(done[mutant.key])}", flush=True)
    report([done[mutant.key] for mutant in chosen], sum(map(len, found.values())))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=SOURCES, help="files or folders to spoil")
    parser.add_argument("-n", type=int, default=240, help="mutants, about")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--cap", type=int, default=30, help="tests for each, the quickest")
    parser.add_argument("--from", dest="log", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument(
        "--also", nargs="*", default=[], help="files of tests in processes of their own, tried last"
    )
    parser.add_argument("--again", action="store_true", help="try survivors in the log once more")
    return parser.parse_args()


def python_files(sources: Iterable[str]) -> Iterator[str]:
    """Yield the modules there, relative to the repository."""
    for source in sources:
        path = ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield str(file.relative_to(ROOT))


def read_log(path: Path) -> dict[str, dict[str, Any]]:
    """Return the last outcome of each mutant that was tried."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {line["key"]: line for line in map(json.loads, lines)}


def copied(folder: Path) -> Path:
    """Return a copy of what tests need; this process's imports and children find it first."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    for part in ("cftui", "tests"):
        subprocess.run([sys.executable, "-m", "compileall", "-q", folder / part], check=True)
    sys.path.insert(0, str(folder))
    os.environ |= {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    # A file of the same length, spoilt within a second of the last, would pass for that one.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    return folder


def forked(work: Callable[[], int], cwd: Path, seconds: float) -> int | None:
    """Return what `work` returned in a process of its own; None where time ran out."""
    with tempfile.TemporaryDirectory() as scratch:
        pid = os.fork()
        if not pid:
            in_child(work, cwd, Path(scratch))
        ended = status = 0
        deadline = time.monotonic() + seconds
        try:
            while not ended and time.monotonic() < deadline:
                time.sleep(0.02)
                ended, status = os.waitpid(pid, os.WNOHANG)
        finally:  # ctrl+c as well
            if not ended:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status) if ended else None


def in_child(work: Callable[[], int], cwd: Path, scratch: Path) -> None:
    """Run `work` in a session of its own with nothing on the terminal, and leave."""
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(cwd)
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        quiet = os.open(scratch / "output", os.O_CREAT | os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(quiet, stream)
        code = int(work())
    finally:
        os._exit(code)


class Recorder:
    """A pytest plug-in: which lines each test runs, and how long it takes."""

    def __init__(self, copy: Path, files: Iterable[str]) -> None:
        from coverage import Coverage

        self.tests: Tests = {}
        self._files = {str(copy / file): file for file in files}
        self._coverage = Coverage(data_file=None, include=list(self._files), config_file=False)
        self._coverage.start()
        self._failed = False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a test."""
        self._coverage.switch_context(nodeid)
        self._began, self._failed = time.perf_counter(), False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note whether it counts: one that fails or is skipped tells nothing."""
        self._failed |= report.outcome != "passed"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """End a test."""
        self._coverage.switch_context("")
        if not self._failed:
            seconds = time.perf_counter() - self._began
            self.tests[nodeid] = {"seconds": round(seconds, 4), "lines": {}}

    def lines(self) -> Tests:
        """Return all tests with their lines."""
        self._coverage.stop()
        self.tests[""] = {"seconds": 0.0, "lines": {}}
        data = self._coverage.get_data()
        for path, file in self._files.items():
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in self.tests.keys() & set(contexts):
                    self.tests[context]["lines"].setdefault(file, []).append(line)
        return self.tests


def measured(copy: Path, sources: dict[str, bytes], path: Path) -> Tests:
    """Return what each test runs; files that are as they were are not measured again."""
    known = json.loads(path.read_text()) if path.exists() else {}
    code = hashlib.sha256(b"".join(sources.values()))
    files: dict[str, dict[str, Any]] = {}
    for test in sorted((copy / "tests").rglob("test_*.py")):
        name = test.relative_to(copy / "tests")
        if name.parts[0] in LEFT_OUT:
            continue
        digest = hashlib.sha256(code.digest() + test.read_bytes()).hexdigest()
        file = f"tests/{name}"
        files[file] = known.get(file, {})
        if files[file].get("digest") != digest:
            files[file] = {"digest": digest, "tests": recorded(copy, file, sources)}
            print(f"{file}: {len(files[file]['tests']) - 1} tests", flush=True)
        path.write_text(json.dumps(files))
    return {
        test or f"{file}::": values
        for file, measured_file in files.items()
        for test, values in measured_file["tests"].items()
    }


def recorded(copy: Path, file: str, sources: Iterable[str]) -> Tests:
    """Run one file of tests and return what they ran."""
    target = copy / "recorded.json"

    def work() -> int:
        import pytest

        recorder = Recorder(copy, sources)
        code = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", file], plugins=[recorder])
        target.write_text(json.dumps(recorder.lines()))
        return int(code)

    target.write_text('{"": {"seconds": 0.0, "lines": {}}}')
    code = forked(work, copy, 900)
    if code:
        print(f"{file}: pytest ended with {code}", flush=True)
    found: Tests = json.loads(target.read_text())
    return found


def covering_tests(mutant: Mutant, tests: Tests) -> list[str]:
    """Return the tests that run the mutant's line: those of its own folder first, the quickest.

    What runs when a module is loaded is noticed by whoever uses it: tests that run a line with the
    name, or else any line of the file.
    """
    wanted = {mutant.file: set(range(mutant.lines[0], mutant.lines[1] + 1))}
    names = mutant.constant.split(",") if mutant.constant else []
    found = running(wanted, tests)
    if not found or names:
        users = using(names) if names else {}
        found = running(users, tests) or running({mutant.file: None}, tests)
    own = set(Path(mutant.file).with_suffix("").parts)
    folder = {test: Path(test.partition("::")[0]).parent.name for test in found}
    return sorted(found, key=lambda test: (folder[test] not in own, tests[test]["seconds"]))


def running(wanted: dict[str, set[int] | None], tests: Tests) -> list[str]:
    """Return the tests that run any of these lines; None: whichever of a file."""
    return [
        test
        for test, values in tests.items()
        if not test.endswith("::")
        and any(
            file in values["lines"] and (lines is None or lines & set(values["lines"][file]))
            for file, lines in wanted.items()
        )
    ]


def using(names: Sequence[str]) -> dict[str, set[int] | None]:
    """Return the lines of the package that hold one of these names."""
    found: dict[str, set[int] | None] = {}
    for file in python_files(SOURCES):
        lines = (ROOT / file).read_text().splitlines()
        held = {n for n, line in enumerate(lines, 1) if any(name in line for name in names)}
        if held:
            found[file] = held
    return found


class Chosen:
    """A pytest plug-in: only these tests, in this order, then all of some files."""

    def __init__(self, tests: Sequence[str], files: Sequence[str]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}
        self._files = set(files)
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out and order."""
        last = len(self._places)
        places = {item: self._places.get(item.nodeid, last) for item in items}
        kept = [
            item
            for item in items
            if places[item] < last or item.nodeid.partition("::")[0] in self._files
        ]
        items[:] = sorted(kept, key=places.__getitem__)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Remember what failed."""
        if report.failed:
            self.failed = report.nodeid


def tried(
    copy: Path, mutant: Mutant, covering: Sequence[str], tests: Tests, also: Sequence[str]
) -> dict[str, Any]:
    """Run the tests against the mutant, then whole files; return the line for the log."""
    began = time.perf_counter()
    outcome = "survived: no test here runs it"
    killer = copy / "killer"
    killer.write_text("")
    if covering or also:
        path = copy / mutant.file
        source = path.read_bytes()
        path.write_bytes(mutant.applied(source))
        for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            stale.unlink()
        limit = GRACE + FACTOR * sum(tests[test]["seconds"] for test in covering)
        limit += ALSO_SECONDS * len(also)
        code = forked(lambda: run_tests(covering, killer, also), copy, limit)
        path.write_bytes(source)
        outcome = {None: "killed: out of time", 0: "survived", 5: "nothing ran"}.get(code, "killed")
    return {
        "key": mutant.key,
        "file": mutant.file,
        "line": mutant.line,
        "kind": mutant.kind,
        "before": mutant.before,
        "after": mutant.after,
        "outcome": outcome,
        "by": killer.read_text(),
        "tests": [*covering, *also],
        "seconds": round(time.perf_counter() - began, 2),
    }


def run_tests(covering: Sequence[str], killer: Path, also: Sequence[str]) -> int:
    """Run tests until one fails; note which."""
    import pytest

    files = list(dict.fromkeys([*(test.partition("::")[0] for test in covering), *also]))
    chosen = Chosen(covering, also)
    code = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *files], plugins=[chosen])
    killer.write_text(chosen.failed)
    return int(code)


def headline(line: dict[str, Any]) -> str:
    """Return what happened to a mutant on one line."""
    before, after = (" ".join(line[key].split())[:70] for key in ("before", "after"))
    where = f"{line['file']}:{line['line']}"
    return f"{line['outcome']:10} {where} [{line['kind']}] {before}  =>  {after}"


def report(lines: Sequence[dict[str, Any]], total: int) -> None:
    """Print the survivors with the tests that let them through, and the figures."""
    survivors = [line for line in lines if not line["outcome"].startswith("killed")]
    for line in survivors:
        print(f"\n{headline(line)}")
        print("".join(f"    {test}\n" for test in line["tests"]), end="")
    print(f"\n{len(lines)} of {total} mutants")
    for part in ("outcome", "kind", "file"):
        for word, count in sorted(Counter(line[part] for line in lines).items()):
            alive = sum(line[part] == word for line in survivors)
            print(f"  {word:32} {count:4}" + (f", survived {alive}" if part != "outcome" else ""))


if __name__ == "__main__":
    main()
