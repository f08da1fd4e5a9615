"""One frozen dataclass a question that the brain answers, and one an answer.

Ids are the data set's own, as text. Runs and stores are named by the path of their directory.
Values are in rating units. Nothing here needs more than the standard library, so that screen,
shell and brain share it.
"""
