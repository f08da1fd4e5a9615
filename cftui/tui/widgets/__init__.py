"""Widgets that panes are composed of."""
