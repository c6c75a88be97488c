"""Tests of ``pipeline.labels``."""
