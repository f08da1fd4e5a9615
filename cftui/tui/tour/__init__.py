"""The tour: the lesson in a few stops, inside the real panes."""
