"""Training, in a process of its own.

`start` makes or takes up a run; `TrainerProcess` is its life, from the first word to the last.
`prepare` parts the ratings and begins a learner, also without a run. A `Trainer` drives the
learner: `Steering` is asked before each portion of steps, `Book` writes down what came of it. A
learner (`learners/`, one a method) knows how to learn; gradient descent does it by an engine
(`engines/`).
"""
