"""What Textual takes for granted, and fast keys do not give."""

from textual.app import App
from textual.command import CommandPalette, DiscoveryHit
from textual.widgets import OptionList

from cftui.tui.shared import textual_hacks as _  # noqa: F401


class Bare(App[None]):
    """An app with Textual's own palette."""


async def test_a_palette_that_is_closed_before_it_is_there_ends_nothing() -> None:
    app = Bare()
    async with app.run_test() as pilot:
        app.action_command_palette()
        palette = app.screen
        assert isinstance(palette, CommandPalette)
        app.pop_screen()
        await pilot.pause()
        assert app.screen is not palette
        app.action_command_palette()
        await pilot.pause()
        assert app.screen.query(OptionList)


async def test_a_choice_from_a_palette_that_is_closed_already_ends_nothing() -> None:
    """As where enter is on its way to it while the tour closes all dialogs."""
    app = Bare()
    async with app.run_test() as pilot:
        app.action_command_palette()
        await pilot.pause()
        palette = app.screen
        assert isinstance(palette, CommandPalette)
        palette._list_visible = False
        palette._selected_command = DiscoveryHit("Keys", list)
        app.pop_screen()
        palette._select_or_command()
        await pilot.pause()
        assert len(app.screen_stack) == 1


async def test_a_page_key_before_the_options_are_laid_out_ends_nothing() -> None:
    options = OptionList("one", "two")
    app = Bare()
    async with app.run_test() as pilot:
        await app.mount(options)
        options._index_to_line.clear()
        options.highlighted = 0
        options.action_page_down()
        await pilot.pause()
        options.focus()
        await pilot.press("pagedown")
        assert options.highlighted == 1
