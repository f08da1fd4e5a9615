"""What the lab's user has chosen and where they are: frozen, so that each key makes another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cftui.questions.lab import (
    FUNCTION_NAMES,
    LESSON,
    RULE_NAMES,
    DescentSettings,
    WeightChange,
)
from cftui.questions.race import MOST_PLACE, MOST_RACERS, Race

AHEAD = 2
"""Steps that one has gone back over, so many of which are shown."""
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Steps a second."""
Options = tuple[tuple[str, float | bool], ...]


@dataclass(frozen=True)
class LabState:
    """Optimizers on the same points, each with as many steps done."""

    racers: tuple[DescentSettings, ...] = (DescentSettings(),)
    focused: int = 0
    place: int = 0
    """Steps done."""
    furthest: int = 0
    """Steps done before one went back."""
    speed: int = 5

    @property
    def settings(self) -> DescentSettings:
        """The focused optimizer's."""
        return self.racers[self.focused]

    def question(self, rows: int) -> Race:
        """Return what to ask for this place, with so many steps up to it."""
        ahead = min(AHEAD, self.furthest - self.place)
        return Race(self.racers, self.place, self.focused, max(self.place - rows + 1, 1), ahead)

    # Along the steps

    def at_start(self) -> "LabState":
        """Return it before the first step."""
        return replace(self, place=0, furthest=0)

    def reset(self) -> "LabState":
        """Return it before the first step, what was set by hand forgotten."""
        racers = tuple(replace(racer, changes=()) for racer in self.racers)
        return replace(self, racers=racers).at_start()

    def go(self, place: int) -> "LabState":
        """Return it where so many steps are done, as far as there are any."""
        place = min(max(place, 0), MOST_PLACE)
        return replace(self, place=place, furthest=max(self.furthest, place))

    def ended(self, place: int) -> "LabState":
        """Return it where a descent ended, beyond which there is none."""
        return replace(self, place=place, furthest=place)

    def faster(self, by: int) -> "LabState":
        """Return it with the next speed, or the one before."""
        at = SPEEDS.index(self.speed) + by
        return replace(self, speed=SPEEDS[min(max(at, 0), len(SPEEDS) - 1)])

    # The optimizers

    def focus(self, by: int) -> "LabState":
        """Return it with the next optimizer's steps in the table."""
        return replace(self, focused=(self.focused + by) % len(self.racers))

    def choose(self, rule: str) -> "LabState":
        """Return it with another rule in the place of the focused one, its options its own."""
        return self.with_settings(replace(self.settings, rule=rule, options=(), changes=()))

    def with_options(self, **options: float | bool) -> "LabState":
        """Return it with some of the focused rule's options set."""
        merged = dict(self.settings.options) | options
        return self.with_settings(replace(self.settings, options=tuple(sorted(merged.items()))))

    def with_settings(self, settings: DescentSettings) -> "LabState":
        """Return it with others for the focused optimizer; those of the points are for all.

        Where the weights are others, what was set by hand is forgotten.
        """
        shared = {
            name: getattr(settings, name)
            for name in ("points", "function", "start", "batch", "difference")
        }
        if settings.function != self.settings.function:
            shared["changes"] = ()
        racers = [replace(racer, **shared) for racer in self.racers]
        racers[self.focused] = replace(settings, **shared)
        return replace(self, racers=tuple(racers))

    def retake(self, settings: DescentSettings) -> "LabState":
        """Return it with others for the focused optimizer, at the start where its way is another.

        Another learning rate, say, is looked at where one is.
        """
        land = ("points", "function", "start", "batch")
        same = all(getattr(self.settings, name) == getattr(settings, name) for name in land)
        taken = self.with_settings(settings)
        return taken if same else taken.at_start()

    @property
    def next_rule(self) -> str:
        """The rule after the focused one, in the order of the lesson, that is not there yet."""
        there = {racer.rule for racer in self.racers}
        after = RULE_NAMES.index(self.settings.rule) + 1
        return next(one for one in RULE_NAMES[after:] + RULE_NAMES if one not in there)

    def add(self, rule: str) -> "LabState":
        """Return it with one more optimizer, which has the focus."""
        if len(self.racers) == MOST_RACERS:
            return self
        racer = replace(self.settings, rule=rule, options=(), changes=())
        return replace(self, racers=(*self.racers, racer), focused=len(self.racers))

    def drop(self) -> "LabState":
        """Return it without the focused optimizer; the last one stays."""
        if len(self.racers) == 1:
            return self
        left = self.racers[: self.focused] + self.racers[self.focused + 1 :]
        return replace(self, racers=left, focused=min(self.focused, len(left) - 1))

    def change(self, letter: str, value: float) -> "LabState":
        """Return it with a weight of the focused descent set by hand, which is a step."""
        kept = tuple(one for one in self.settings.changes if one.after < self.place)
        changes = (*kept, WeightChange(self.place, letter, value))
        changed = self.with_settings(replace(self.settings, changes=changes))
        return replace(changed, place=self.place + 1, furthest=self.place + 1)

    # What is remembered

    def saved(self) -> dict[str, Any]:
        """Return what the next session begins with."""
        one = self.settings
        return {
            "racers": [[racer.rule, dict(racer.options)] for racer in self.racers],
            **{"points": one.points, "function": one.function, "start": list(one.start)},
            **{"batch": one.batch, "difference": one.difference, "speed": self.speed},
        }

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> "LabState":
        """Return what was saved; what does not fit is left at its default."""
        default = DescentSettings()
        points, batch = saved.get("points"), saved.get("batch")
        difference, speed = saved.get("difference"), saved.get("speed")
        shared = DescentSettings(
            points=points if isinstance(points, str) else LESSON,
            function=_one_of(FUNCTION_NAMES, saved.get("function"), default.function),
            start=tuple(float(value) for value in _numbers(saved.get("start"))),
            batch=batch if type(batch) is int else default.batch,
            difference=difference if isinstance(difference, float) else default.difference,
        )
        racers = tuple(_racers(shared, saved.get("racers")))
        speed = _one_of(SPEEDS, speed, cls.speed)
        return cls(racers[:MOST_RACERS] or (shared,), speed=speed)


def _one_of(known: Sequence[Any], value: Any, default: Any) -> Any:
    return value if value in known else default


def _numbers(value: Any) -> list[float]:
    whole = isinstance(value, list) and all(isinstance(one, float | int) for one in value)
    return value if whole else []


def _racers(shared: DescentSettings, saved: Any) -> list[DescentSettings]:
    found = []
    for entry in saved if isinstance(saved, list) else []:
        if isinstance(entry, list) and len(entry) == 2 and entry[0] in RULE_NAMES:
            given = entry[1] if isinstance(entry[1], dict) else {}
            options = {key: value for key, value in given.items() if isinstance(value, float | int)}
            found.append(replace(shared, rule=entry[0], options=tuple(sorted(options.items()))))
    return found
