"""Tests of ``pipeline.labels.voc``."""
