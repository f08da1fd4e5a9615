"""Pane 1, Data."""
