"""Screens laid over the panes: help, questions, choices."""
