"""Pane 4, Runs."""
