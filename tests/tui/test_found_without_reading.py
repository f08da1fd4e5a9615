"""What one finds without the README: the footer, the keys' search, letters to jump by, words."""

from pathlib import Path

from driving import explore, opened, until
from textual.widgets import Input, Static

from cftui import paths
from cftui.people import Profile, load_profile, save_profile
from cftui.ratings.values import Ratings
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.crosstab.pane import CrosstabPane
from cftui.tui.explore.rating import RateScreen
from cftui.tui.explore.you import YouView
from cftui.tui.runs.log import LogScreen
from cftui.tui.shared.inputs import NumberField
from cftui.tui.shared.jump import LetterScreen
from cftui.tui.shared.key_bar import KeyBar
from cftui.tui.shared.overlays import HelpScreen


async def test_the_footer_uses_its_width_and_shows_what_is_on(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        bar = app.query_one(KeyBar)
        for width in (80, 120, 200):
            await pilot.resize_terminal(width, 40)
            await until(pilot, lambda width=width: bar.size.width == width)
            line = bar.render_line(0).text
            assert line.rstrip().endswith("Help") and " : Palette" in line
            unused = len(line.split("Palette", maxsplit=1)[0]) - len(line.split(" : ")[0].rstrip())
            assert len(bar.keys) >= {80: 8, 120: 12, 200: 13}[width] and unused < 90
        await pilot.press("2")
        await until(pilot, lambda: app.query(CrosstabPane))
        await until(pilot, lambda: app.query_one(CrosstabPane).state.answer is not None)
        await until(pilot, lambda: any(key.words == "Predicted" for key in bar.keys))
        await until(pilot, lambda: [key.words for key in bar.keys if key.on][:1] == ["Actual"])
        await pilot.press("e")
        await until(pilot, lambda: [key.words for key in bar.keys if key.on][:1] == ["Error"])


async def test_a_letter_jumps_to_a_field(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, LetterScreen))
        await until(pilot, lambda: len(app.screen.query(".jump")) > 10)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.focused, NumberField))
        focused = app.focused
        assert isinstance(focused, NumberField) and focused.key == "model.init_range"
        await pilot.press("ctrl+o", "escape")
        await until(pilot, lambda: app.focused is focused)
        assert app.query_one("TrainingForm NumberField") is not None


async def test_help_finds_keys_by_words(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("slash", *"checkp now")
        keys = app.screen.query_one("#keys", Static)
        await until(
            pilot,
            lambda: "Checkpoint" in str(keys.content) and "Pause" not in str(keys.content),
        )
        assert app.screen.query_one(Input).display
        await pilot.press("enter", "q")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_zero_that_means_auto_says_so_and_the_form_tells_of_more(stored: Path) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        form = app.query_one("TrainingForm")
        await until(pilot, lambda: "more" in str(form.border_subtitle))
        fields = {field.key: field for field in form.query(NumberField)}
        words = {key: field.render_line(0).text.strip() for key, field in fields.items()}
        assert words["training.threads"] == "auto" and words["training.patience"] == "off"
        assert words["training.min_improvement"] == "0"
        await pilot.press(*["down"] * 40)
        await until(pilot, lambda: not str(form.border_subtitle))


async def test_five_films_take_fifteen_keys(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        keys = 0

        async def press(*names: str) -> None:
            nonlocal keys
            keys += len(names)
            await pilot.press(*names)

        await press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: len(view.offers.grid.rows) > 5)
        await press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RateScreen))
        for value, key in (("5", "tab"), ("4", "tab"), ("3", "tab"), ("5", "tab"), ("1", "enter")):
            screen = pilot.app.screen
            await press(value, key)
            await until(pilot, lambda screen=screen: pilot.app.screen is not screen)
        await until(pilot, lambda: len(view.yours.rated) == 5)
        assert keys + 1 <= 15  # and one that brings Explore
        assert sorted(value for _, value in view.yours.rated) == [1, 3, 4, 5, 5]
        await until(pilot, lambda: not isinstance(pilot.app.screen, RateScreen))


async def test_a_runs_log_and_note_are_read_on_the_screen(trained_run: Run) -> None:
    trained_run.log.write_text("first line\n" + "\x1b[31mred [b]no markup[/b]\n" * 3)
    write_annotations(trained_run.path, notes="the one with the good seed")
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("4")
        await until(pilot, lambda: app.query("RunsPane") and app.workspace.runs)
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        text = app.screen.query_one("#log-text", Static)
        await until(pilot, lambda: "first line" in str(text.content))
        assert "[b]no markup[/b]" in str(text.content) and "\x1b" not in str(text.content)
        note = app.screen.query_one("#note", Static)
        await until(pilot, lambda: "good seed" in str(note.content))
        await pilot.press("L")
        await until(pilot, lambda: not isinstance(app.screen, LogScreen))


async def test_a_change_of_ones_ratings_is_taken_back(trained_run: Run, bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, Profile((("260", 5.0), ("1196", 4.5))))
    async with explore() as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: len(view.yours.rated) == 2 and not view.can_undo)
        await until(pilot, lambda: len(view.your_grid.rows) == 2)
        whole = view.yours.rated
        view.your_grid.focus()
        await pilot.press("d")
        await until(pilot, lambda: len(view.yours.rated) == len(view.your_grid.rows) == 1)
        await pilot.press("d")
        await until(pilot, lambda: not view.yours.rated)
        await pilot.press("U")
        await until(pilot, lambda: len(view.yours.rated) == 1)
        await pilot.press("U")
        await until(pilot, lambda: view.yours.rated == whole)
        assert not view.can_undo
        pilot.app.memory.writer.flush()
        assert load_profile(bundled.fingerprint).rated == whole
