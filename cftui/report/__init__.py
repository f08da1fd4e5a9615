"""A report of runs: one file, to be read without cftui."""
