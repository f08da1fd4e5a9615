"""The screen: panes that show values and post what the user wants; nothing here computes."""
