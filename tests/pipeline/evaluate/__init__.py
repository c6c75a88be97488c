"""Tests of ``pipeline.evaluate``."""
