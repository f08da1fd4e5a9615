"""Ratings: read once, kept in memory-mapped stores, split into training and validation."""
