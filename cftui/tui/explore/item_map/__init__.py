"""Explore's map: items on a plane, drawn cell by cell."""
