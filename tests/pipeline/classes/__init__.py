"""Tests of ``pipeline.classes``."""
