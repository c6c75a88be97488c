"""Clear to snow on Boreas, as published: pictures scaled to width 430.

Wants the camera pictures of sunny drives of the Boreas data set in ``trainA`` and those of snowy drives in
``trainB``, and their label maps in ``trainS`` and ``trainT``.
"""

_base_ = "_base.py"

data = {"width": 430}

domains = {"source": "clear", "target": "snow", "training_data": "Boreas"}
