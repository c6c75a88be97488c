"""Tests of ``pipeline.evaluate.features``."""
