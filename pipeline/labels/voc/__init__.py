"""Pascal VOC labels: the entry of the registry in ``format``, the data set in ``labels``."""
