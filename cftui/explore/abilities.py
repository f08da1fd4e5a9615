"""What a trained model can be asked."""

from cftui.library.door import Library, answers
from cftui.questions.trained import Abilities, AskAbilities


@answers(AskAbilities)
def tell_abilities(library: Library, question: AskAbilities) -> Abilities:
    """Return what a run's model can be asked."""
    trained = library.trained(question.run)
    return Abilities(
        model=trained.config.model.name,
        has_item_factors=trained.item_factors is not None,
        has_item_bias=trained.item_bias is not None,
        has_arithmetic=trained.factors is not None or trained.is_summed,
    )
