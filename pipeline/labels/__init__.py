"""Label formats: a file or a folder for each, its entry in ``registry``, which tells them apart.

What a data set's labels can do is in ``interface``, what a format brings in ``format``.
"""
