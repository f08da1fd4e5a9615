"""Optimizers and learning-rate schedules: arithmetic for every engine, and torch's own parts."""
