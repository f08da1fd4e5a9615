"""Training: the trainer owns epochs and events, an engine owns parameters and steps."""
