"""Pane 5, Explore."""
