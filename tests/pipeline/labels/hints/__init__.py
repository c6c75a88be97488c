"""Tests of ``pipeline.labels.hints``."""
