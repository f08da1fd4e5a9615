"""The form of a new run, what its focused field means, and what such a run will cost."""

import contextlib

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from cftui.config import ConfigError, make_config
from cftui.hyperparameters.recipes import recipe_named
from cftui.questions.compiling import CompileSampler
from cftui.questions.custom_model import DescribeModel, ModelDescription
from cftui.text import plain
from cftui.tui.services.child import ChildError
from cftui.tui.services.jobs import JobError, do_job
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.form import TrainingForm
from cftui.tui.shared.inputs import Choice, FileField, TextField
from cftui.tui.shared.messages import ChooseSplit
from cftui.tui.shared.overlays import AskYesNo
from cftui.tui.shared.run_words import cost_words
from cftui.tui.train.recipes import ChooseRecipe
from cftui.tui.workspace import Workspace

Values = tuple[tuple[str, object], ...]


class NewRun(Vertical):
    """Settings to be chosen; what they start is for the pane."""

    DEFAULT_CSS = """
    NewRun {
        height: 1fr;
        & TrainingForm {
            height: 1fr;
            min-height: 6;
            border: round $primary-muted;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
            padding: 0 1;
            scrollbar-size-vertical: 1;
        }
        & TrainingForm:focus-within { border: round $primary; }
        & #hint {
            height: auto;
            max-height: 4;
            min-height: 3;
            padding: 0 1;
            color: $text-muted;
        }
        & #cost {
            height: auto; min-height: 2; max-height: 4; padding: 0 1; color: $text-success;
        }
        & #cost.problem { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._memory = services.memory
        self._ask = Asker(services.ask, self._not_described)
        self._workspace = Workspace()
        self._warm = False

    def compose(self) -> ComposeResult:
        """Lay out the form, and below it two texts."""
        form = TrainingForm(self._memory.state.settings or {})
        form.border_title = "New run"
        yield form
        yield Static("", id="hint", markup=False)
        yield Static("", id="cost", markup=False)

    @property
    def form(self) -> TrainingForm:
        """Return the form."""
        return self.query_one(TrainingForm)

    def show(self, workspace: Workspace) -> None:
        """Show what a run costs on the ratings that are open, and their split."""
        before, self._workspace = self._workspace, workspace
        if workspace.ratings != before.ratings:
            self._show_cost()
            if before.ratings is None:
                self.form.ask_for_custom()
        if workspace.split != before.split and workspace.split != self.form.settings()["split"]:
            self.form.show_section("split", workspace.split)

    def begin(self) -> None:
        """Take the focus where one begins."""
        self.form.query(Choice).first().focus()

    async def choose_recipe(self) -> None:
        """Fill the form with a recipe's settings; data, split, seed and device stay."""
        name = await self.app.push_screen_wait(ChooseRecipe())
        recipe = recipe_named(name) if name else None
        if recipe is None:
            return
        try:
            config = make_config(recipe.applied(self.form.settings()))
        except ConfigError as error:
            words = plain(str(error).splitlines()[0])
            self.notify(words, title="Recipes", severity="error", markup=False)
            return
        await self.form.load(config.to_settings())
        self.begin()

    def explain(self, field: Widget | None) -> None:
        """Say what a field means; nothing for one that is elsewhere."""
        words, typing = "", False
        if isinstance(field, Choice | TextField) and self.form in field.ancestors:
            words, typing = str(self.form.help_of(field.key)), isinstance(field, TextField)
        self.query_one("#hint", Static).update(words)
        self.form.border_subtitle = "esc takes back and leaves" if typing else ""

    def _show_cost(self) -> None:
        if not self.is_mounted:
            return
        cost = self.query_one("#cost", Static)
        cost.set_class(bool(self.form.problem), "problem")
        described, ratings = self.form.described, self._workspace.ratings
        counted = described.parameter_count if described else None
        if ratings is not None and self.form.config is not None:
            self._warm_sampler(ratings.store, self.form.config.model.needs)
        cost.update(self.form.problem or cost_words(self.form.config, ratings, counted))

    def _warm_sampler(self, store: str, needs: str) -> None:
        """Have the sampler compiled while the rest of the form is filled, once."""
        if needs == "numba" and not self._warm:
            self._warm = True
            self._compile(CompileSampler(store))

    @work(group="compile", exit_on_error=False, description="Compiling the sampler")
    async def _compile(self, job: CompileSampler) -> None:
        with contextlib.suppress(JobError):  # of which a run will tell
            await do_job(job, lambda done, of, words: None)

    @on(TrainingForm.SettingsChanged)
    def _form_changed(self, message: TrainingForm.SettingsChanged) -> None:
        self._show_cost()
        self.explain(self.screen.focused)
        if message.config is not None:
            settings = self.form.settings()
            self._memory.update(settings=settings)
            if settings["split"] != self._workspace.split:
                self.post_message(ChooseSplit(settings["split"]))

    @on(TrainingForm.CustomModelNamed)
    def _custom_model_named(self, message: TrainingForm.CustomModelNamed) -> None:
        message.stop()
        self._describe(message.name, message.values, asked=message.asked)

    @work(exclusive=True, group="describe", exit_on_error=False, description="Reading a model")
    async def _describe(self, name: str, values: Values, *, asked: bool, agreed: str = "") -> None:
        """Have a user's model tell its parameters; its source runs only where that is agreed to."""
        if self._workspace.ratings is None:
            return  # asked again when the ratings are there
        question = DescribeModel(name, self._workspace.ratings.store, values, agreed)
        answer = await self._ask(question, "describe")
        if answer is None:
            return
        if isinstance(answer, ModelDescription):
            await self.form.describe(answer)
            for note in answer.notes if asked else ():
                self.notify(plain(note), title="Your model", timeout=12, markup=False)
            if asked and isinstance(self.screen.focused, FileField):
                self.begin()  # where letters are commands again: s starts
        elif asked and await self.app.push_screen_wait(AskYesNo(_agreement(answer.path))):
            self._describe(name, values, asked=asked, agreed=answer.sha256)

    def _not_described(self, error: ChildError) -> None:
        words = plain(str(error))
        self.notify(words, title="Your model", severity="error", timeout=20, markup=False)


def _agreement(path: str) -> str:
    return plain(f"Run {path} to read which parameters it takes? It may do anything you may do.")
