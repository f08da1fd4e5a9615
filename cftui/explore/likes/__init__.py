"""Who likes this also likes: lists and neighbours from ratings alone, before any run exists."""
