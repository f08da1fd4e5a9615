"""How far predictions are from ratings, and what anybody could predict without a model."""
