"""What `cftui doctor` looks at: versions, devices, terminal, folders, and the arithmetic."""
