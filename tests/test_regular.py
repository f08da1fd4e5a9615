"""Files opened in a folder that somebody else may have filled: regular ones alone."""

import errno
import os
from pathlib import Path

import pytest

from cftui.regular import NotRegular, check_regular, is_regular, open_regular, read_regular

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def test_what_is_no_regular_file_is_neither_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "not there")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, words in (
        ("link", "a link, not a file"),
        ("dangling", "a link, not a file"),
        ("pipe", "a pipe, not a file"),  # neither waits for the other end
        ("folder", "a folder, not a file"),
        ("zero", "a link, not a file"),
    ):
        for flags in (os.O_RDONLY, APPEND, os.O_RDWR | os.O_TRUNC):
            with pytest.raises(NotRegular) as refused:
                open_regular(tmp_path / name, flags)
            assert refused.value.strerror == words
        with pytest.raises(NotRegular):
            check_regular(tmp_path / name)
        assert not is_regular(tmp_path / name)
    with pytest.raises(NotRegular, match="a device"):
        open_regular(Path("/dev/zero"))
    assert (tmp_path / "mine").read_text() == "mine" and not (tmp_path / "not there").exists()


def test_a_file_of_more_bytes_than_are_sensible_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345" and check_regular(path) == 5
    os.truncate(path, 1 << 40)
    with pytest.raises(OSError, match=r"of 1,099,511,627,776 bytes, where 5 are plenty") as large:
        read_regular(path, 5)
    assert large.value.errno == errno.EFBIG
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 5)


def test_nothing_is_written_behind_a_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("mine")
    (tmp_path / "link").symlink_to("folder")
    assert read_regular(tmp_path / "link" / "file", 9) == b"mine"
    with pytest.raises(NotRegular, match="nothing is written behind one"):
        open_regular(tmp_path / "link" / "file", APPEND)
