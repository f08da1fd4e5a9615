"""The app's part that is about ratings: it opens those that the user chooses."""

from typing import TYPE_CHECKING

from textual import work

from cftui.text import plain
from cftui.tui.run_keeper import RunKeeper
from cftui.tui.services.memory import Memory
from cftui.tui.shared.tab_bar import TabBar

if TYPE_CHECKING:
    from cftui.tui.services.ratings import Opening, RatingsService
    from cftui.tui.shared.messages import AskColumns, CancelOpening, ChooseData, ChooseSplit


class DataKeeper(RunKeeper):
    """Base of the app: opens ratings while those that are open stay so."""

    def __init__(self, source: str, session: Memory) -> None:
        super().__init__(source, session)
        self.data: RatingsService | None = None
        """The ratings; there, as the runs are, once the first frame is painted."""
        self.opening: Opening | None = None
        """Ratings on their way in, or why they did not come."""

    def _feed_panes(self) -> None:
        """Give every pane that exists the values as they are."""
        for pane in self._panes.values():
            if self.summary is not None:
                pane.show_data(self.summary)
            pane.show_opening(self.opening)
            pane.show_starting(self.starting)
        self._feed_runs()

    def on_choose_data(self, message: "ChooseData") -> None:
        """Open other ratings; those that are open stay so until then."""
        message.stop()
        self._open_data(message)

    @work(exclusive=True, group="data", exit_on_error=False, description="Opening the ratings")
    async def _open_data(self, wanted: "ChooseData") -> None:
        if self.data is None or self.desk is None:
            return
        opened = await self.data.open(
            wanted.source, wanted.mapping, self._show_opening, fetch=wanted.fetch
        )
        if not opened:
            await self._show_trouble()
            return
        before = self.summary
        self.summary, self.data_settings = self.data.summary, self.data.settings()
        if before is not None and before != self.summary:
            self._tell_split()
        self.desk.show_data(self.data.fingerprint)
        self._show_opening(None)
        self._feed_panes()
        self._look()

    def _tell_split(self) -> None:
        """Say that a split chosen for other ratings goes on, where it is not the usual one."""
        chosen = (self.session.state.settings or {}).get("split", {})
        if chosen and chosen.get("kind", "random") != "random":
            words = f"Held out as before: {chosen['kind']}; t in Data (1) changes it"
            self.notify(plain(words), markup=False, timeout=8)

    def _show_opening(self, opening: "Opening | None") -> None:
        """Tell how far ratings on their way in are, or that none are."""
        self.opening = opening
        self.query_one(TabBar).about = self._about()
        for pane in self._panes.values():
            pane.show_opening(opening)

    def _about(self) -> str:
        """Return what the tab bar says of the ratings."""
        if self.opening is not None and self.opening.doing:
            return plain(self.opening.short_words)
        summary = self.summary
        if summary is None:
            return "no ratings"
        return (
            f"{summary.name}  {summary.n_users:,} users × {summary.n_items:,}"
            f" {summary.items_word}, {summary.n_ratings:,} ratings"
        )

    async def _show_trouble(self) -> None:
        """Say why ratings do not open; where none are open, go to where others are chosen."""
        if self.opening is None:
            return
        if self.summary is None:
            await self.action_pane("data")
        elif self.session.state.pane != "data":
            self.notify(
                plain(self.opening.failure),
                markup=False,
                title="These ratings cannot be read",
                severity="error",
                timeout=30,
            )

    @work(exclusive=True, group="data", exit_on_error=False, description="Looking at the file")
    async def on_ask_columns(self, message: "AskColumns") -> None:
        """Show the form for the columns of the ratings that are open."""
        message.stop()
        if self.data is not None:
            self._show_opening(await self.data.ask_columns())

    def on_cancel_opening(self, message: "CancelOpening") -> None:
        """Give up the ratings that are on their way; those that are open stay so."""
        message.stop()
        self.workers.cancel_group(self, "data")
        self._show_opening(None)

    def on_choose_split(self, message: "ChooseSplit") -> None:
        """Hold out other ratings in the runs to come."""
        message.stop()
        settings = {**(self.session.state.settings or {}), "split": message.split}
        self.session.update(settings=settings)
        for pane in self._panes.values():
            pane.show_split(message.split)
