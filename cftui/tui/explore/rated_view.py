"""What you can rate in Explore, and whose ratings those are: a profile, saved as it changes."""

from textual import on, work

from cftui.people import ME, Profile, load_profile, profile_names, same, save_profile
from cftui.questions.items import ORDERS, DescribeItems, ListOrder
from cftui.questions.people import Person
from cftui.remedies import words_of
from cftui.text import plain
from cftui.tui.explore.importing import Importer
from cftui.tui.explore.offers import Offers
from cftui.tui.explore.profiles import ChooseProfile, ProfileScreen
from cftui.tui.explore.rating import RateScreen, Scale
from cftui.tui.explore.together import Shared, TogetherScreen
from cftui.tui.explore.view import View
from cftui.tui.explore.your_grid import YourGrid
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import RateAs

PROFILE_COMMANDS = (
    Command("you.profile", "p", "profile", "Profile", "Rate as somebody else, by name"),
    Command("you.together", "a", "together", "Together", "One list for this profile and another"),
    Command("you.import", "i", "import", "Import", "Take an export of Letterboxd, IMDb, Goodreads"),
)


MOST_UNDONE = 100
"""Changes that can be taken back."""


class RatedView(View):
    """The ratings of a profile; who shows a list made from them hears of each change."""

    def __init__(self, services: Services) -> None:
        super().__init__("you", services)
        self._memory = services.memory
        self.person = ME
        self.yours = Profile()
        self._before: list[Profile] = []
        """What `yours` was before each change in this session, the last one last."""

    @property
    def offers(self) -> Offers:
        """Return what can be rated."""
        return self.query_one(Offers)

    @property
    def your_grid(self) -> YourGrid:
        """Return what was rated."""
        return self.query_one(YourGrid)

    def ratings_changed(self) -> None:
        """Show what was rated, and ask for the list that it makes."""

    def forget_list(self) -> None:
        """Forget the list on show: the next is of other ratings, or of somebody else."""

    # Whose ratings

    @property
    def fingerprint(self) -> str:
        """Return what profiles are kept under; empty without ratings."""
        return self.setting.summary.fingerprint if self.setting.summary else ""

    def data_changed(self) -> None:
        """Take up what was rated of these ratings, by whom was chosen last where they are known."""
        if self.fingerprint:
            names = self._names()
            chosen = same(self._memory.state.profile)
            self.become(next((name for name in names if same(name) == chosen), ME))

    def _names(self) -> tuple[str, ...]:
        """Return who is known on these ratings, as what was changed has it."""
        self._memory.writer.flush()
        return profile_names(self.fingerprint)

    def become(self, name: str) -> None:
        """Rate as somebody."""
        self._memory.writer.flush()
        self.person, self.yours = name, load_profile(self.fingerprint, name)
        self._before.clear()
        self.forget_list()
        self._name_yours()

    @work(exclusive=True, group="yours", exit_on_error=False, description="Naming your ratings")
    async def _name_yours(self) -> None:
        """Find the titles of what was rated in an earlier session."""
        items = tuple(item for item, _ in self.yours.rated)
        assert self.setting.summary is not None
        rows = await self._ask(DescribeItems(self.setting.summary.store, items), "yours")
        self.offers.titles.update({row.item: row.title for row in rows or ()})
        # Where nobody answers, nothing is known to be gone, and nothing may be lost.
        gone = set() if rows is None else set(items) - {row.item for row in rows}
        # Of those rated by now: one may have been rated meanwhile.
        self.yours = self.yours.only({item for item, _ in self.yours.rated} - gone)
        self.ratings_changed()

    @property
    def can_undo(self) -> bool:
        """Return whether anything was changed that can be taken back."""
        return bool(self._before)

    def action_undo(self) -> None:
        """Take the last change of the ratings back."""
        if self._before:
            yours = self._before.pop()
            self.keep(yours)
            self._before.pop()  # undoing is no change to be undone

    def keep(self, yours: Profile) -> None:
        """Take other ratings, save them, and ask for the list they make."""
        self._before = [*self._before[-MOST_UNDONE:], self.yours]
        self.yours = yours
        if self.fingerprint:
            fingerprint, person = self.fingerprint, self.person
            self._memory.writer.soon(
                f"{fingerprint} {same(person)}",
                lambda: save_profile(fingerprint, yours, person),
                self._not_saved,
            )
        self.ratings_changed()

    def _not_saved(self, error: OSError) -> None:
        words = plain(f"They are gone when you leave: {words_of(error)}")
        self.notify(words, title="Your ratings were not saved", markup=False)

    def action_profile(self) -> None:
        """Choose whose ratings these are; make, rename or delete profiles."""

        def take(name: str | None) -> None:
            if name is not None:
                self._memory.update(profile=name)
                self.become(name)

        if self.fingerprint:
            self._memory.writer.flush()
            self.app.push_screen(ProfileScreen(self.fingerprint, self.person), take)

    def on_rate_as(self, message: RateAs) -> None:
        """Rate as a profile that somebody else has chosen."""
        message.stop()
        self._memory.update(profile=message.profile)
        if self.fingerprint:
            self.become(message.profile)

    def action_import(self) -> None:
        """Ask for an exported file, show what it says, and make a profile of it."""

        def take(name: str) -> None:
            self._memory.update(profile=name)
            self.become(name)

        if self.setting.summary is not None:
            Importer(self, self._ask.ask, self.setting.summary, take).begin()

    def action_together(self) -> None:
        """Show one list for this profile and another."""
        others = [
            name
            for name in self._names()
            if same(name) != same(self.person) and load_profile(self.fingerprint, name).rated
        ]

        def ask(name: str | None) -> None:
            if name is not None:
                self._show_together(name)

        if not others:
            words = "Nobody else has rated anything: p makes another profile, i imports one"
            self.notify(words, title="Together", markup=False, timeout=6)
        elif len(others) == 1:
            ask(others[0])
        else:
            self.app.push_screen(ChooseProfile(self.fingerprint, others), ask)

    def _show_together(self, name: str) -> None:
        assert self.setting.summary is not None
        profiles = ((self.person, self.yours), (name, load_profile(self.fingerprint, name)))
        people = tuple(
            Person(name, profile.rated, profile.regularization, profile.threshold)
            for name, profile in profiles
        )
        run = self.setting.answering_path
        what = Shared(self.setting.summary.store, people, run, self.list_order, self.only)
        self.app.push_screen(TogetherScreen(self._ask.ask, what))

    @property
    def list_order(self) -> ListOrder:
        """Return the order that was chosen last."""
        chosen = self._memory.state.list_order
        return next((order for order in ORDERS if order == chosen), ORDERS[0])

    # Rating

    @on(Grid.Selected, ".rateable")
    def _rate_selected(self, message: Grid.Selected) -> None:
        message.stop()
        if message.grid.cursor_key is not None:
            self.ask_value(str(message.grid.cursor_key))

    def ask_value(self, item: str) -> None:
        """Ask what to give an item."""
        summary = self.setting.summary
        if summary is None:
            return
        scale, value = self.scale, self.yours.value_of(item)
        if value is None:
            value = scale.nearest(summary.mean)

        after = self._offered_after(item)
        next_title = self.title_of(after) if after else ""
        screen = RateScreen(self.title_of(item), value, scale, next_title=next_title)

        def give(given: float | None) -> None:
            if given is None:
                return
            self.keep(self.yours.rate(item, given))
            self.your_grid.action_first()  # where it stands now: left and right change it
            if screen.goes_on and after:
                self.offers.grid.cursor_place = self.offers.grid.keys.index(after)
                self.ask_value(after)

        self.app.push_screen(screen, give)

    def _offered_after(self, item: str) -> str:
        """Return the next title on offer that is not rated; empty where there is none."""
        keys = [str(key) for key in self.offers.grid.keys]
        rest = keys[keys.index(item) + 1 :] if item in keys else []
        return next((key for key in rest if self.yours.value_of(key) is None), "")

    @property
    def scale(self) -> Scale:
        """Return the values that can be given."""
        summary = self.setting.summary
        assert summary is not None
        return Scale(summary.low, summary.high, summary.step)

    def title_of(self, item: str) -> str:
        """Return an item's title; its id where it was never on show."""
        return self.offers.titles.get(item, item)

    @on(YourGrid.Turned)
    def _turned(self, message: YourGrid.Turned) -> None:
        message.stop()
        value = self.yours.value_of(message.key)
        if value is not None:
            moved = self.scale.moved(value, message.steps)
            if moved != value:
                self.keep(self.yours.rate(message.key, moved))

    def action_search(self) -> None:
        """Type a title."""
        self.offers.search.focus()

    def action_drop(self) -> None:
        """Take the rating under the cursor back."""
        item = self.your_grid.cursor_key
        if item is not None:
            self.keep(self.yours.drop(str(item)))
