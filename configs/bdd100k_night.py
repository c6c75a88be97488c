"""Day to night on BDD100K, with the published settings: pictures scaled to width 640.

Wants the clear pictures of BDD100K by day in ``trainA`` and those at night in ``trainB`` (its attribute
``timeofday``), and their label maps in ``trainS`` and ``trainT``.
"""

_base_ = "_base.py"

domains = {"source": "clear", "target": "night", "training_data": "BDD100K"}
