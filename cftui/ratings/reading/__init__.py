"""From the bytes of a file to rows of ratings, and from rows to codes."""
