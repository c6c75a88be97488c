"""The networks of TPSeNCE."""
