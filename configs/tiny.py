"""A trial in minutes on two CPU cores: small networks, small crops, few epochs. It reproduces nothing.

Wants any two sets of some dozens of pictures in ``trainA`` and ``trainB``, and their label maps in ``trainS`` and
``trainT``. With four blocks the encoder ends at module 15, so that the last layer compared is 14 in place of 16:
in both the middle of the blocks.
"""

_base_ = "_base.py"

data = {"width": 320, "crop": 128}

model = {"blocks": 4, "ngf": 16, "ndf": 16, "projection": 64}

loss = {"layers": (0, 4, 8, 12, 14), "patches": 64}

optim = {"batch_size": 4, "epochs": 6, "decay_epochs": 6, "ema": 0.99}

run = {"precision": "fp32", "log_every": 10, "save_every": 100, "grid_every": 50}
