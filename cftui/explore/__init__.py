"""Questions to a trained model, answered with frozen values."""
