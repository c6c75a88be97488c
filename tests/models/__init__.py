"""Tests of the scripts that train the packaged weights."""
