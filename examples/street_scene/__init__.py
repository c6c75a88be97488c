"""Stylised street scenes drawn in perspective, clear and rainy, with exact labels."""
