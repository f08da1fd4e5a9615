"""The plan of the house: no circles among files, no class name twice, panes that keep apart."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import cftui

ROOT = Path(cftui.__file__).parent
FILES = {
    ".".join(("cftui", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
}
BESIDE_THEIR_HYPERPARAMETERS = {"Dot", "DotBias", "Net"}
"""Modules of torch, each called as the record of its hyper-parameters is."""


def imports_of(module: str) -> Iterator[str]:
    """Give the files that a file imports anywhere: at its top, in functions, for types alone."""
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else node.module


def test_no_files_import_one_another_in_a_circle() -> None:
    graph = {
        module: {found for found in imports_of(module) if found in FILES and found != module}
        for module in FILES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" <- ".join(error.args[1])) from None


def test_no_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert set(twice) == BESIDE_THEIR_HYPERPARAMETERS, twice
    for found in twice.values():
        assert sorted(name.split(".")[1] for name in found) == ["hyperparameters", "models"]


def test_no_two_files_of_tests_have_one_name() -> None:
    """Pytest takes the second for the first, and only where both are collected."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
