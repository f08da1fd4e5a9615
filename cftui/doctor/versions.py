"""The versions of what takes part."""

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from cftui.doctor.finding import Finding

SECTION = "versions"


def version_findings() -> Iterator[Finding]:
    """Yield cftui, Python, the system and every package that cftui needs; but torch, whose build
    is told once it is loaded.
    """
    yield Finding(SECTION, "cftui", version("cftui"))
    kind = platform.python_implementation()
    yield Finding(SECTION, "Python", f"{platform.python_version()} ({kind}, {sys.executable})")
    yield Finding(SECTION, "system", _system())
    for package in needed_packages():
        if package != "torch":
            yield _package(package)


def needed_packages() -> list[str]:
    """Return the packages that cftui needs, by their own metadata; optional ones left out."""
    needs = [need for need in requires("cftui") or [] if "extra ==" not in need]
    return [re.split(r"[^\w.-]", need)[0] for need in needs]


def _package(name: str) -> Finding:
    try:
        return Finding(SECTION, name, version(name))
    except PackageNotFoundError:
        return Finding(SECTION, name, "missing", "fail", "install cftui again")


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = platform.mac_ver()[0] and f"macOS {platform.mac_ver()[0]}"
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{name} ({kernel})" if name else kernel
