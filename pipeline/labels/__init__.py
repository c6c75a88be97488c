"""Label formats: what they have in common in ``interface``, one file for each format, ``detect`` to tell them apart."""
