"""Tests of ``pipeline.images``."""
