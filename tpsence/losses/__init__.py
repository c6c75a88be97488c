"""The losses of TPSeNCE, one module each."""
