"""Tests of ``pipeline.run``."""
