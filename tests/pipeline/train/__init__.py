"""Tests of ``pipeline.train``."""
