"""Tests of ``pipeline.evaluate.measures``."""
