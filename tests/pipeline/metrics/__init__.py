"""Tests of what is measured: distances, shares, agreement."""
