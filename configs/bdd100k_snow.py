"""Clear to snow on BDD100K, with the published settings: pictures scaled to width 640.

Wants the clear pictures of BDD100K in ``trainA`` and the snowy ones in ``trainB`` (its attribute ``weather``), and
their label maps in ``trainS`` and ``trainT``.
"""

_base_ = "_base.py"

domains = {"source": "clear", "target": "snow", "training_data": "BDD100K"}
