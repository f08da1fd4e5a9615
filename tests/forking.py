"""Our own processes forked from the tests' worker: what they import is in memory already.

A start costs 0.5 s of CPU less for a query worker or a renderer, 2 s less for a trainer. Only for
tests that look at what such a process answers or writes; how it starts and dies is tested with
real ones (tests/e2e, tests/tui/test_child.py, tests/test_imports.py).
"""

import asyncio
import contextlib
import functools
import gc
import importlib
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

OURS = [sys.executable, "-P", "-m"]
"""What the command line of a process of ours begins with."""
HERE = Path(__file__).parent
WAITING = {"_worker", "_do_waitpid", "wait", "select", "read"}
"""Where threads wait: pools' for work, asyncio's for children, xdist's for messages."""
NOT_FORKED = sys.platform != "linux" or Path("/proc/driver/nvidia").exists()
"""Elsewhere, and where torch may have spoken with a GPU, a fork is not safe."""


class ForkingPopen(subprocess.Popen[Any]):
    """Starts `python -P -m MODULE WORDS` by a fork, everything else as ever."""

    def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
        words = [str(word) for word in args] if isinstance(args, Sequence) else []
        ours = words[:3] == OURS and words[3].startswith("cftui.")
        if ours and not rest and options.get("preexec_fn") is None and _others_wait():
            env = dict(options.get("env") or os.environ)
            options["preexec_fn"] = functools.partial(_become, words[3], words[4:], env)
        super().__init__(args, *rest, **options)


def _others_wait() -> bool:
    """Return, soon, whether all other threads wait for work.

    One that imports, or builds a validator, would leave its locks taken in the child for ever:
    that process is then started as ever.
    """
    own = threading.get_ident()
    for _ in range(300):
        frames = [frame for thread, frame in sys._current_frames().items() if thread != own]
        if all(frame.f_code.co_name in WAITING for frame in frames):
            return True
        time.sleep(0.01)  # whose thread this is gives them no new work meanwhile
    return False


@contextlib.contextmanager
def forking() -> Iterator[None]:
    """Fork what is started as `python -P -m MODULE` meanwhile, where that is safe."""
    with pytest.MonkeyPatch.context() as patch:
        if not NOT_FORKED:
            _load_what_children_need()
            patch.setattr(subprocess, "Popen", ForkingPopen)
        yield


@functools.cache
def _load_what_children_need() -> None:
    for package in ("explore", "painter", "training"):
        folder = importlib.import_module(f"cftui.{package}").__path__
        for module in pkgutil.iter_modules(folder, f"cftui.{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    importlib.import_module("cftui.training.engines.torch_engine")


def _become(module: str, words: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Run a module as if this process had been started for it, and end.

    subprocess calls it between fork and exec: pipes, session and folder are the child's already.
    """
    code = 1
    try:
        _forget_the_parent(env)
        sys.argv = [module, *words]
        sys.modules.pop(module, None)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _forget_the_parent(env: Mapping[str, str]) -> None:
    gc.freeze()  # nothing of the parent's is ever finalized here
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # also tells the parent that the start went well
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python has it at its start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio._set_running_loop(None)
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    os.environ.clear()
    os.environ.update(env)
    sys.path[:] = [place for place in sys.path if place and not Path(place).is_relative_to(HERE)]
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115
        for number, mode in enumerate(("r", "w", "w"))
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "cftui"]:
        for value in vars(sys.modules[name]).values():
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()
