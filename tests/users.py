"""Other accounts for tests: real ones where root runs them, else there are none."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ALICE, BOB, GROUP = 20_001, 20_002, 20_100
"""Numbers that no account of a machine has; both are in the group."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


@contextmanager
def acting_as(uid: int, umask: int = 0o022) -> Iterator[None]:
    """Do as another account does, in this process; for what is imported already."""
    groups, before = os.getgroups(), os.umask(umask)
    os.setgroups([GROUP])
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        os.umask(before)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that every account can reach, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="cftui-users-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
