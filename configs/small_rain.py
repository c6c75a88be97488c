"""Small, for few pictures and few hours, without targets: what ``tpsence run`` trains unless it is told otherwise.

Wants clear frames by day in ``trainA`` and rainy ones in ``trainB``, and their label maps in ``trainS`` and ``trainT``.
First with the reconstruction loss alone it gives a generator that changes little, which ``model.init`` then begins
with. The reconstruction loss also takes the place of the identity loss, at half the time of a step. Where there are
targets for the clear frames, ``light_rain`` is better.
"""

_base_ = "_base.py"

# Crops of nearly the whole height: instance norm sees sky and road together, and a patch of D is a third of the width.
data = {"width": 256, "crop": 128, "scales": (0.9, 1.3), "jitter": 0.1}

model = {"blocks": 6, "ngf": 32, "ndf": 32, "projection": 128}

loss = {"identity": False, "reconstruction": 0.3}

optim = {"batch_size": 1, "ema": 0.995}

run = {"precision": "bf16", "log_every": 20, "save_every": 444, "grid_every": 888}
