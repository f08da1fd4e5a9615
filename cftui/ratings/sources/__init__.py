"""Where ratings come from: files found, archives, downloads, and what was opened before."""
