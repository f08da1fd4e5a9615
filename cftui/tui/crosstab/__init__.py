"""Pane 2, Crosstab."""
