"""Commands that are killed, and how their outputs are compared; ``benchmarks/kills.py`` runs them."""
