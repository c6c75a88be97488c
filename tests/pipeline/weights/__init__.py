"""Tests of ``pipeline.weights``."""
