"""Tests of ``pipeline.files``."""
