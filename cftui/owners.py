"""Whose files are: accounts by name, and whether anybody else can write there."""

import os
import stat


def name_of(uid: int) -> str:
    """Return an account's name, or its number where it has none here."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def owner_words(uid: int) -> str:
    """Return whom an account is, in words: `you`, or `bob (uid 1002)`."""
    if uid == os.geteuid():
        return "you"
    name = name_of(uid)
    return f"uid {uid}" if name == str(uid) else f"{name} (uid {uid})"


def is_for_us_alone(facts: os.stat_result, *, within: bool = False) -> bool:
    """Return whether only this account, and the system's, can write a file or a folder.

    `within`: a folder further up, in which others may write where they cannot rename what is ours
    (the sticky bit of `/tmp`).
    """
    if facts.st_uid not in (os.geteuid(), 0):
        return False
    if within and facts.st_mode & stat.S_ISVTX:
        return True
    shared = facts.st_mode & stat.S_IWGRP and not _is_own_group(facts.st_gid)
    return not (shared or facts.st_mode & stat.S_IWOTH)


def _is_own_group(gid: int) -> bool:
    """Return whether a group is this account's alone, as where each user has a group of the name.

    There the umask is often 002, and a group's write bit lets nobody in.
    """
    import grp
    import pwd

    try:
        account, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    own = gid == account.pw_gid and group.gr_name == account.pw_name
    return own and set(group.gr_mem) <= {account.pw_name}
