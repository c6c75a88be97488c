"""Hostile and damaged inputs, made by lot from a seed, and what becomes of each; ``benchmarks/fuzz.py`` runs them."""
