"""What a form needs to know of a user's model; reading it executes its source."""

from dataclasses import asdict

from cftui.parameters import UserModel, is_source, specs_of
from cftui.questions import ModelDescription, NeedsAgreement
from cftui.ratings.values import Ratings
from cftui.runs.model_source import is_trusted, read_source, trust


def describe_model(
    ratings: Ratings, name: str, *, agreed: bool
) -> ModelDescription | NeedsAgreement:
    """Return a model's parameters, or that executing its source needs the user's agreement.

    Raises ConfigError for a file that cannot be read, ModelError where the model does not work.
    """
    if is_source(name):
        source = read_source(name)
        if agreed:
            trust(source)
        if not is_trusted(source):
            return NeedsAgreement(name, source.path)
    # torch and the user's source are loaded only from here on.
    from cftui.models.user import load_installed, load_source

    info = ratings.info()
    own = load_source(source, info) if is_source(name) else load_installed(name)
    built = own.build(info, UserModel(name=name))
    about = (own.kind.__doc__ or "").strip().partition("\n")[0]
    return ModelDescription(
        name=name,
        about=about or f"{own.kind.__name__} from {own.path}",
        fields=tuple(asdict(spec) for spec in specs_of(own.parameters)),
        parameter_count=sum(value.numel() for value in built.parameters()),
        notes=own.notes,
    )
