"""What people exported elsewhere, read as ratings of what is in the data."""
