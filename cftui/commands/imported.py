"""What was understood of an imported file, printed."""

from dataclasses import asdict

from cftui.commands.console import print_json, print_table, say
from cftui.printing import put
from cftui.questions.people import SURENESS, ExportRead
from cftui.text import plain


def print_report(
    read: ExportRead, name: str, data: str, *, similar: bool, kept: bool, json: bool
) -> None:
    """Print each match with how sure it is, each row that is left out and why, and the counts."""
    if json:
        _print_lines(read, name, similar=similar, kept=kept)
        return
    put(f"{read.kind} on {plain(data)}; {read.scale_words}")
    if read.matches:
        _print_matches(read, similar)
    if read.left:
        put(f"not used: {len(read.left):,} rows")
        rows = [(str(r.line), titled(r.title, r.year), r.why) for r in read.left]
        print_table(("line", "in the file", "why"), rows, right=("line",), yielding=("why",))
    put(summary(read, name, similar=similar, kept=kept))
    guesses = read.counts().get("similar", 0)
    if guesses and not similar:
        say(f"{guesses:,} similar titles are guesses, and not taken: look, then give --similar")


def _print_matches(read: ExportRead, similar: bool) -> None:
    rows = [
        (
            *(str(m.line), f"{m.given:g}", f"{m.value:g}", _sureness(m.sureness, similar)),
            *(titled(m.title, m.year), m.item, m.item_title),
        )
        for m in read.matches
    ]
    heads = ("line", "given", "rating", "how sure", "in the file", "id", "title")
    numbers = ("line", "given", "rating", "id")
    print_table(heads, rows, right=numbers, yielding=("title", "in the file"), dropping=())


def _sureness(kind: str, similar: bool) -> str:
    words = next(words for known, words in SURENESS.items() if known == kind)
    return f"{words}: not taken" if kind == "similar" and not similar else words


def titled(title: str, year: int | None) -> str:
    """Return a title with its year, where that is known."""
    return title if year is None else f"{title} ({year})"


def summary(read: ExportRead, name: str, *, similar: bool, kept: bool) -> str:
    """Return how much was taken, and how surely, in one sentence."""
    sure = ", ".join(f"{count:,} by {SURENESS[kind]}" for kind, count in read.counts().items())
    taken = len(read.rated(similar=similar))
    became = f"became the profile {name}" if kept else f"would become the profile {name}"
    parts = [f"{taken:,} ratings {became}", f"matches: {sure or 'none'}"]
    parts += [f"{len(read.left):,} rows not used"] if read.left else []
    parts += [f"{read.unrated:,} rows without a rating"] if read.unrated else []
    return "; ".join(parts)


def _print_lines(read: ExportRead, name: str, *, similar: bool, kept: bool) -> None:
    for match in read.matches:
        taken = similar or match.sureness != "similar"
        print_json({"event": "match", **asdict(match), "taken": taken})
    for left in read.left:
        print_json({"event": "left", **asdict(left)})
    print_json(
        {
            "event": "imported" if kept else "read",
            "profile": name,
            "kind": read.kind,
            "scale": read.scale_words,
            "taken": len(read.rated(similar=similar)),
            "matches": len(read.matches),
            "left": len(read.left),
            "unrated": read.unrated,
        }
    )
