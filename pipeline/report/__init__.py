"""One page that shows what a run has made."""
