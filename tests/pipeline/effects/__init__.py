"""Tests of ``pipeline.effects``."""
