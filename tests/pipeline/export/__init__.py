"""Tests of ``pipeline.export``."""
