"""Tests of ``pipeline.labels.yolo``."""
