"""A keyboard-driven explorer for collaborative filtering in the terminal."""

__version__ = "0.1.0"
