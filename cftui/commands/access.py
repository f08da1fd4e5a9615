"""Says once, before a training, who else can reach what it will write."""

import contextlib

from cftui import paths
from cftui.commands.console import say
from cftui.doctor.sharing import access_findings
from cftui.files import make_folder, replace_file
from cftui.modes import tighten

TOLD = "access-told"


def tell_access_once() -> None:
    """Close a home that was open by chance; say what to set of one that may be meant to be."""
    mark = paths.state_folder() / TOLD
    if mark.exists():
        return
    for home in paths.homes():
        tighten(home)
    found = [finding for finding in access_findings() if finding.remedy]
    for finding in found:
        say(f"{finding.value}. To change that: {finding.remedy}; doctor tells it again")
    if found:
        with contextlib.suppress(OSError):  # then it is said again
            make_folder(mark.parent)
            replace_file(mark, b"")
