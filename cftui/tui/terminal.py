"""What the terminal tells: that it is gone, or that the program should go."""

import asyncio
import os
import select
import signal
from collections.abc import Callable

HANGUP_CODE = 129


def on_signals(leave: Callable[[], None]) -> None:
    """Leave on SIGTERM; on SIGHUP go at once, for a terminal that is gone takes no farewell."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, leave)
        # Children end with their pipes.
        loop.add_signal_handler(signal.SIGHUP, lambda: os._exit(HANGUP_CODE))
    except (NotImplementedError, RuntimeError, ValueError):
        return  # a test's loop may not be the main thread's


def leave_if_hung_up(file: int = 0) -> None:
    """End at once where a terminal went without a SIGHUP, not being the controlling one."""
    poll = select.poll()
    poll.register(file, 0)
    if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
        os._exit(HANGUP_CODE)
