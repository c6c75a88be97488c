"""Tests of tpsence.integrations."""
