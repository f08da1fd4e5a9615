"""Draws charts as text with plotext, in a process of its own: `python -m cftui.painter`."""
