"""What reaches into Textual's private parts, written for and tested with Textual 8.2.8."""

from textual.app import App


class FaultInWords(App[None]):
    """Base of an app whose faults end in words of its own, not in Textual's traceback.

    Overrides `_fatal_error`, reads `_exception`, fills `_exit_renderables` and calls
    `_close_messages_no_wait`, as 8.2 does itself.
    """

    def last_words(self, error: BaseException | None) -> str:
        """Return what is said of a fault once the terminal is as it was before."""
        return f"{type(error).__name__}: {error}"

    def _fatal_error(self) -> None:
        self._exit_renderables.append(self.last_words(self._exception))
        self._close_messages_no_wait()
