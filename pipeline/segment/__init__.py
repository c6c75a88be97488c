"""Label maps for pictures."""
