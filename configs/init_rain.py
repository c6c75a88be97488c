"""Clear to rain on INIT, as published: pictures scaled to width 572.

Wants the sunny pictures of the INIT data set in ``trainA`` and the rainy ones in ``trainB``, and their label maps in
``trainS`` and ``trainT``.
"""

_base_ = "_base.py"

data = {"width": 572}

domains = {"source": "clear", "target": "rain", "training_data": "INIT"}
