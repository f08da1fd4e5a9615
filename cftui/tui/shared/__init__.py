"""What more than one pane is made of."""
