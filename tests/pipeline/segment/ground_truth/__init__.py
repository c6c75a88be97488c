"""Tests of ``pipeline.segment.ground_truth``."""
