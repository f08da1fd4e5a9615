"""What a form needs to know of a user's model; reading it executes its source."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from cftui.config import ConfigError
from cftui.hyperparameters import DataInfo, UserModel, is_source, specs_of
from cftui.models.errors import ModelError
from cftui.questions.custom_model import DescribeModel, ModelDescription, NeedsAgreement
from cftui.ratings.values import Ratings
from cftui.runs.model_source import is_trusted, read_source, trust

if TYPE_CHECKING:
    from cftui.models.custom import UserClass


def describe_model(ratings: Ratings, question: DescribeModel) -> ModelDescription | NeedsAgreement:
    """Return a model's parameters, or that executing its source needs the user's agreement.

    Raises ConfigError for a file that cannot be read, ModelError where the model does not work.
    """
    name = question.name
    if is_source(name):
        source = read_source(name)
        if question.agreed:
            trust(source)
        if not is_trusted(source):
            return NeedsAgreement(name, source.path)
    # torch and the user's source are loaded only from here on.
    from cftui.models.custom import load_installed, load_source

    info = ratings.info()
    own = load_source(source, info) if is_source(name) else load_installed(name)
    about = (own.kind.__doc__ or "").strip().partition("\n")[0]
    count, problem = None, ""
    try:
        count = _count(own, info, UserModel(name=name, **dict(question.values)))
    except (ConfigError, ModelError) as error:
        problem = str(error)
    return ModelDescription(
        name=name,
        about=about or f"{own.kind.__name__} from {own.path}",
        fields=tuple(asdict(spec) for spec in specs_of(own.parameters)),
        values=question.values,
        parameter_count=count,
        problem=problem,
        notes=own.notes,
    )


def _count(own: "UserClass", info: DataInfo, model: UserModel) -> int:
    weights = own.build(info, model).parameters()
    return sum(value.numel() for value in weights if value.requires_grad)
