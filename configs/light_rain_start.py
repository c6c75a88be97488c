"""Where ``light_rain`` begins: towards rendered targets alone, which teach the light in some hundred steps.

Wants the clear frames in ``trainA`` and their targets in ``trainP``, as ``models/light.py`` renders them; ``trainB`` is
not learnt from, label maps are not read. Whole frames, small: instance norm then sees in training what
it sees in use.
"""

_base_ = "_base.py"

data = {"width": 256, "crop": 0, "scales": (1.0, 1.15)}

model = {"generator": "affine", "blocks": 6, "ngf": 32, "projection": 128}

# 6 and 3: both count for about the same when it begins, where the mean difference is 0.2 and that of features 0.5.
loss = {
    "adversarial": 0,
    "tps": 0,
    "contrastive": 0,
    "identity": False,
    "weighting": "none",
    "paired": 6,
    "perceptual": 3,
}

optim = {"batch_size": 1, "lr": 4e-4, "epochs": 2, "decay_epochs": 1, "ema": 0.99}

run = {"log_every": 20, "save_every": 200, "grid_every": 200}

domains = {
    "water": "moderate",
    "day_only": True,
    "training_data": "BDD100K frames and road photographs, with rendered targets",
    "licence": "education, research and not-for-profit use; (c) 2018 Regents of the University of California",
}
