"""Pane 6, Lab: what an optimizer does, one step at a time."""
