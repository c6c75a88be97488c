"""Tests of ``pipeline.augment``."""
