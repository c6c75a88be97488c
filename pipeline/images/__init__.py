"""Pictures: reading, sizes, scaling, and why one is left out."""
