"""Tests of the engine that runs on a Ray cluster."""
