"""Tests of the parts of training."""
