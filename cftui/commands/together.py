"""`cftui recommend --profile`: lists for people known by name, alone or together."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cftui.commands.console import UsageError, print_json, print_table, say
from cftui.commands.opening import RatingsAndRun
from cftui.people import known_as, load_profile, same
from cftui.printing import put
from cftui.questions.band import stars_words
from cftui.questions.likes import ForYou
from cftui.questions.people import ForGroup, ForGroupAnswer, Person
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.library.door import Library


def people_named(
    opened: RatingsAndRun, names: str, regularization: float | None, threshold: float | None
) -> tuple[Person, ...]:
    """Return the people whom a list of names means, with what they rated of these ratings.

    Raises ProfileError for a name that is not known, UsageError for one who rated nothing here.
    """
    people: dict[str, Person] = {}
    for word in filter(None, map(str.strip, names.split(","))):
        name = known_as(opened.ratings.fingerprint, word)
        profile = load_profile(opened.ratings.fingerprint, name)
        if not profile.rated:
            raise UsageError(
                f"{name} has rated nothing on {opened.ratings.name}; rate some in cftui (5, then"
                f" y), or: cftui you import FILE.csv --as {name}"
            )
        people[same(name)] = Person(
            name,
            profile.rated,
            profile.regularization if regularization is None else regularization,
            profile.threshold if threshold is None else threshold,
        )
    if not people:
        raise UsageError(f"--profile {names}: name one or more; cftui you list shows who there is")
    return tuple(people.values())


def as_asked(asked: ForYou, person: Person) -> ForYou:
    """Return the question for the list of one who is known by name."""
    return replace(
        asked,
        rated=person.rated,
        regularization=person.regularization,
        threshold=person.threshold,
    )


def recommend_together(
    library: "Library",
    opened: RatingsAndRun,
    asked: ForYou,
    people: tuple[Person, ...],
    *,
    json: bool,
) -> None:
    """Print a list for several people; raises UsageError for an order that there cannot be."""
    answer = library.answer(
        ForGroup(opened.store, people, opened.run, asked.order, asked.n, asked.only)
    )
    if answer.order != asked.order:
        raise UsageError(f"--order {asked.order}: {answer.no_stars}")
    if answer.no_stars and opened.run:
        say(f"no stars beside: {answer.no_stars}")
    if json:
        _print_lines(answer, opened)
        return
    stars = f"; stars by run {opened.run_id}" if answer.step is not None else ""
    counts = ", ".join(f"{person.name} ({len(person.rated):,} ratings)" for person in people)
    put(f"for {plain(counts)}, on {plain(opened.ratings.name)}{stars}")
    put(f"{answer.combined}; {answer.way}")
    _print_places(answer)


def _print_places(answer: ForGroupAnswer) -> None:
    has_stars = answer.step is not None
    heads = [f"{name} {what}" for name in answer.people for what in ("place", "stars")]
    shown = [head for head in heads if has_stars or not head.endswith(" stars")]
    rows = []
    for place in answer.recommended:
        each = []
        for view in place.views:
            each.append(f"{view.place:,}")
            if has_stars:
                each.append(stars_words(view))
        rows.append((str(place.rank), place.item, f"{place.score:.2f}", *each, place.title))
    numbers = ("rank", "id", "score", *shown)
    print_table((*numbers, "title"), rows, right=numbers, yielding=("title",), dropping=())


def _print_lines(answer: ForGroupAnswer, opened: RatingsAndRun) -> None:
    told: dict[str, Any] = {"event": "together", "people": answer.people, "order": answer.order}
    run = opened.run_id if answer.step is not None else ""
    more = {"combined": answer.combined, "way": answer.way, "run": run}
    print_json({**told, **more, "data": opened.ratings.name, "no_stars": answer.no_stars})
    for place in answer.recommended:
        print_json(place)
