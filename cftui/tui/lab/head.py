"""The words above the lab's table: where one is, the optimizers, what the step did."""

from textual.app import ComposeResult
from textual.color import Color
from textual.widget import Widget
from textual.widgets import Static

from cftui.questions.race import MOST_RACERS
from cftui.text import plain
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.words import head_words, legend
from cftui.tui.shared.chart import series_colours
from cftui.tui.shared.contrast import LEGIBLE, moved_apart


class LabHead(Widget):
    """What is fitted and how far one is; a line for each optimizer; a sentence about the step."""

    DEFAULT_CSS = """
    LabHead {
        height: auto;
        & #head {
            height: 1; padding: 0 1; color: $text-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & #legend { height: auto; max-height: 4; padding: 0 1; }
        & #sentence { height: 4; padding: 0 1; }
        & #sentence.-wrong { color: $text-error; }
    }
    LabPane.-roomy #sentence { height: 3; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the three."""
        yield Static("", id="head", markup=False)
        yield Static("", id="legend", markup=False)
        yield Static("", id="sentence", markup=False)

    def tell(self, moment: Moment, speed: int, *, running: bool) -> None:
        """Say what is fitted to what, and where one is."""
        words = head_words(moment, speed, running=running)
        self.query_one("#head", Static).update(words, layout=False)

    def name_racers(self, moment: Moment, in_view: int) -> None:
        """Name the optimizers, the one at `in_view` marked."""
        line = self.query_one("#legend", Static)
        grew = line.size.height != len(moment.answer.racers)
        ground = [self.background_colors[1]]
        colours = tuple(  # as the curves', or so like them as can be read
            moved_apart(Color(*colour), ground, LEGIBLE).rgb
            for colour in series_colours(self.app, MOST_RACERS)
        )
        line.update(legend(moment, in_view, colours, self.app), layout=grew)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say what the step did, or what is wrong."""
        line = self.query_one("#sentence", Static)
        line.set_class(wrong, "-wrong")
        line.update("\n".join(map(plain, words.splitlines())), layout=False)
