"""Tests of the validity gate."""
