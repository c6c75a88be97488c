"""Where ``large_rain`` begins: a generator of the published size towards rendered targets alone.

Wants the clear frames in ``trainA`` and their targets in ``trainP``; ``trainB`` is not learnt from, and label maps
are not read. As ``light_rain_start``, at the published width and in batches: for a GPU, on which whole frames are no
trouble. Instance norm then sees in training what it sees in use.
"""

_base_ = "_base.py"

data = {"width": 640, "crop": 0, "scales": (1.0, 1.15)}

model = {"generator": "affine"}

# 6 and 3, as in light_rain_start.
loss = {
    "adversarial": 0,
    "tps": 0,
    "contrastive": 0,
    "identity": False,
    "weighting": "none",
    "paired": 6,
    "perceptual": 3,
}

optim = {"batch_size": 4, "lr": 3e-4, "epochs": 20, "decay_epochs": 20, "ema": 0.99}

run = {"log_every": 20, "save_every": 500, "grid_every": 500}

domains = {
    "water": "moderate",
    "day_only": True,
    "training_data": "BDD100K frames and road photographs, with rendered targets",
    "licence": "education, research and not-for-profit use; (c) 2018 Regents of the University of California",
}
