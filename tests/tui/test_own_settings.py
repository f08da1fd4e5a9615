"""The screen begins with one's own settings: theme, marker, form, keys; what is wrong is said."""

from pathlib import Path

from driving import opened, until

from cftui import paths
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp


async def test_the_screen_takes_them(trained_run: Run, home: Path) -> None:
    place = paths.config_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(
        'theme = "nord"\nmarker = "dot"\nkeymap = "visidata"\n[train]\ntraining.epochs = 7\n'
        '[keys]\n"app.help" = "f1"\n"runs.mrk" = "m"\n'
    )
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        assert app.memory.state.settings is not None
        assert app.theme == "nord" and app.memory.state.marker == "dot"
        assert app.memory.state.settings["training"]["epochs"] == 7
        await until(pilot, lambda: bool(app._notifications))
        said = " ".join(note.message for note in app._notifications)
        assert "did you mean runs.mark" in said
        await pilot.press("4")
        await until(pilot, lambda: app.workspace.runs)
        keys = app.screen.active_bindings
        assert keys["s"].binding.id == "runs.mark" and keys["f1"].binding.id == "app.help"
        await pilot.press("f1")
        await until(pilot, lambda: type(app.screen).__name__ == "HelpScreen")
