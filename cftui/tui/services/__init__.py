"""What the screen works with behind the panes: child processes, jobs, runs, ratings, memory."""
