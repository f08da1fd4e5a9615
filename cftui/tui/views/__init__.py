"""What the Explore pane shows, one view a kind of question."""
