"""Clear to rain on BDD100K, as published: pictures scaled to width 640.

Wants the clear pictures of BDD100K in ``trainA`` and the rainy ones in ``trainB`` (its attribute ``weather``), and
their label maps in ``trainS`` and ``trainT``.
"""

_base_ = "_base.py"

domains = {"source": "clear", "target": "rain", "training_data": "BDD100K"}
