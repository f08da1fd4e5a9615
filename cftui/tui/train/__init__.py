"""Pane 3, Train."""
