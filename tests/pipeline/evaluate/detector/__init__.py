"""Tests of ``pipeline.evaluate.detector``."""
