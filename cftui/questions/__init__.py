"""One frozen dataclass a question, and one an answer.

Ids are the data set's own, as text. Stores are named by the path of their directory, and so are
runs; a run's best weights are named by the path of their checkpoint. Values are in rating units.
Nothing here needs more than the standard library, so that screen, shell and brain share it.

A new question is a class here, `class Ask(Question["Answer"], answered_in="cftui.explore.x")`, and
a function there, marked `@answers(Ask)`; see `cftui.library`.
"""
