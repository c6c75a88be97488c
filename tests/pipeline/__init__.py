"""Tests of the floor ``pipeline``."""
