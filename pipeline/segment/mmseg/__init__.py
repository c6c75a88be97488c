"""Label maps by mmsegmentation's networks."""
