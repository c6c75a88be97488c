"""Tests of the pages: README, ``docs/`` and the site."""
