"""The weights that come with this package, and their terms."""
