"""Tests of ``pipeline.segment.mmseg``."""
