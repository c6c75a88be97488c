"""Tests of ``pipeline.output``."""
