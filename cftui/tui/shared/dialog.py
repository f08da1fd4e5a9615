"""What all screens laid over a pane have in common."""

from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """A box in the middle of the screen: whatever has the class `overlay`."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & .overlay {
            width: 90%;
            max-width: 100;
            height: auto;
            max-height: 90%;
            border: round $primary;
            background: $surface;
            padding: 0 1;
        }
        & .overlay.wide { max-width: 180; height: 80%; }
        & .overlay.small { max-width: 64; }
        & .overlay.tall { height: 70%; }
    }
    """
