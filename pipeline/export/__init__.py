"""Generators for other programs."""
