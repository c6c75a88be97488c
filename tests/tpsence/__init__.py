"""Tests of the floor ``tpsence``."""
