"""Tests of what makes label maps."""
