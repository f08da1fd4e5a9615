"""Whose questions drop whose: a newer one of a group takes the place of those that wait."""

import ast
import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from driving import about, explore, table, until

import cftui.tui
from cftui.runs.directory import Run
from cftui.tui.explore.biases import BiasView
from cftui.tui.explore.user import UserView
from cftui.tui.services import child

ASKS = {"ask", "_ask"}


def groups_by_file() -> dict[str, set[str]]:
    """Return in which files each group that is written out stands."""
    found = defaultdict(set)
    for file in Path(cftui.tui.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            given = [
                *call.args[1:2],
                *(word.value for word in call.keywords if word.arg == "group"),
            ]
            for group in given if name in ASKS else ():
                if isinstance(group, ast.Constant) and isinstance(group.value, str):
                    found[group.value].add(file.name)
    return found


def test_no_two_files_ask_in_one_group() -> None:
    """Else a view drops what another asks, which then waits for it in vain."""
    groups = groups_by_file()
    assert len(groups) > 15
    assert {group: files for group, files in groups.items() if len(files) > 1} == {}


async def test_a_view_drops_no_question_of_another(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, gate = child._exchange, asyncio.Event()

    async def held(*asked: Any) -> tuple[int, Any]:
        await gate.wait()
        return await exchange(*asked)

    async with explore() as (pilot, pane):
        users = pane.query_one(UserView)
        await until(pilot, lambda: bool(table(users, "#first")))
        shown = about(users)
        monkeypatch.setattr(child, "_exchange", held)
        await pilot.press("down", "down", "b")
        await until(pilot, lambda: pane.view_name == "biases")
        gate.set()
        await until(pilot, lambda: bool(table(pane.query_one(BiasView), "#first")))
        await until(pilot, lambda: about(users) != shown)
        wanted = users.key
        assert about(users).startswith(f"User {wanted}:")
