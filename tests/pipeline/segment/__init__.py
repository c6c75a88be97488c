"""Tests of ``pipeline.segment``."""
