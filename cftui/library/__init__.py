"""The one door for questions: a Library opens and remembers stores and runs, and answers.

A question (in `cftui.questions`) says in which module it is answered; the function there that
makes the answer is marked with `@answers(TheQuestion)`, or `@performs(TheJob)` for a long one.
mypy checks each such pair. Screen, shell and the long questions' own process ask through here.
"""
