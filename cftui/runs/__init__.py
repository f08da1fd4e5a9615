"""A run is a directory: what the trainer writes there and everyone else reads."""
