"""Configurations of mmsegmentation for networks whose weights come with this package."""
