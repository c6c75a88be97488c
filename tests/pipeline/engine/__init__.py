"""Tests of ``pipeline.engine``."""
