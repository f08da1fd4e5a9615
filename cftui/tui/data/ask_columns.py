"""Asks what only the user can know of a file: its columns, or which of several files is meant."""

from textual import on, work
from textual.containers import Container
from textual.widget import Widget

from cftui.questions.data import PreviewFile
from cftui.questions.question import Ask
from cftui.tui.data.mapping_form import MappingForm
from cftui.tui.services.ratings import Opening
from cftui.tui.shared.asking import Asker, say_nothing
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.messages import ChooseData


class Asking(Container):
    """Shows a form where ratings on their way in need an answer; gives the answer as ChooseData."""

    DEFAULT_CSS = """
    Asking {
        height: 1fr;
        display: none;
        &.-asking { display: block; }
    }
    """

    def __init__(self, ask: Ask) -> None:
        """Ask what a file looks like by `ask`."""
        super().__init__(id="asking")
        self._ask = Asker(ask, say_nothing)
        self._source = ""

    @property
    def asks(self) -> bool:
        """Whether there is a form."""
        return bool(self.children)

    def focus_first(self) -> None:
        """Take the focus where the first answer is missing."""
        for form in self.query(MappingForm):
            form.focus_first()
        for grid in self.query("#members"):
            grid.focus()

    async def show_opening(self, opening: Opening | None) -> None:
        """Show the form that ratings on their way in need; none where they need none."""
        preview = opening.preview if opening is not None else None
        async with self.batch():
            await self.remove_children()
            self.set_class(preview is not None, "-asking")
            if opening is not None and preview is not None:
                self._source = opening.source
                await self.mount(
                    _columns(opening) if preview.columns else _members(preview.members)
                )

    @on(MappingForm.MappingChanged)
    def _changed(self, message: MappingForm.MappingChanged) -> None:
        message.stop()
        self._preview_again(self.query_one(MappingForm))

    @work(exclusive=True, group="preview", exit_on_error=False, description="Looking at the file")
    async def _preview_again(self, form: MappingForm) -> None:
        preview = await self._ask(PreviewFile(self._source, form.mapping), group="preview")
        if preview is not None and form.is_attached:
            await form.show_preview(preview)

    @on(MappingForm.Accepted)
    def _accepted(self, message: MappingForm.Accepted) -> None:
        message.stop()
        self.post_message(ChooseData(self._source, message.mapping))

    @on(Grid.Selected, "#members")
    def _member_chosen(self, message: Grid.Selected) -> None:
        message.stop()
        self.post_message(ChooseData(message.grid.rows[message.row][0]))


def _columns(opening: Opening) -> Widget:
    assert opening.preview is not None
    form = MappingForm(opening.preview, opening.failure)
    form.border_title = "Which columns are which?"
    return form


def _members(paths: tuple[str, ...]) -> Widget:
    grid = Grid((Column("several files could be meant", None),), id="members")
    grid.border_title = "Which file?"
    grid.set_rows([(path,) for path in paths], paths)
    return grid
