"""What a form needs to know of a user's model; reading it executes its source."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cftui.config import ConfigError, SplitConfig
from cftui.hyperparameters import CustomModel, is_source, specs_of
from cftui.library.door import Library, answers
from cftui.library.features import info_with, known_features
from cftui.models.errors import ModelError
from cftui.questions.custom_model import DescribeModel, ModelDescription, NeedsAgreement, TrustRun
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.runs.model_source import is_trusted, read_source, trust, trust_run

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


@answers(DescribeModel)
def describe_model(library: Library, question: DescribeModel) -> ModelDescription | NeedsAgreement:
    """Return a model's parameters, or that executing its source needs the user's agreement.

    Raises ConfigError for a file that cannot be read, ModelError where the model does not work,
    OSError where the agreement cannot be kept.
    """
    name = question.name
    if is_source(name):
        source = read_source(name)
        if question.agreed == source.sha256:
            trust(source)
        if not is_trusted(source):
            return NeedsAgreement(name, source.path, source.sha256)
    # torch and the user's source are loaded only from here on.
    from cftui.models.custom import load_installed, load_source

    ratings = library.ratings(question.store)
    info = ratings.info()
    custom = load_source(source, info) if is_source(name) else load_installed(name)
    about = (custom.kind.__doc__ or "").strip().partition("\n")[0]
    count, problem = None, ""
    try:
        count = _count(custom, ratings, CustomModel(name=name, **dict(question.values)))
    except (ConfigError, ModelError) as error:
        problem = str(error)
    return ModelDescription(
        name=name,
        about=about or f"{custom.kind.__name__} from {custom.path}",
        fields=tuple(asdict(spec) for spec in specs_of(custom.parameters)),
        values=question.values,
        parameter_count=count,
        problem=problem,
        notes=custom.notes,
    )


@answers(TrustRun)
def agree_to(_: Library, question: TrustRun) -> str:
    """Agree to a run's own model as it stands; raises RunError where there is none."""
    return trust_run(Run(Path(question.run))).path


def _count(custom: "CustomClass", ratings: Ratings, model: CustomModel) -> int:
    from cftui.models.features import KnownFeatures

    # As the usual split has them: which half-years and days there are, a split may decide.
    features = known_features(ratings, SplitConfig(), custom.reads) if custom.reads else None
    known = None if features is None else KnownFeatures(features)
    weights = custom.build(info_with(features, ratings), model, known).parameters()
    return sum(value.numel() for value in weights if value.requires_grad)
