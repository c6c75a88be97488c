"""A generator of the published size for what ``light_rain`` is for: few pictures, and minutes of a GPU that has bf16.

Wants clear frames in ``trainA`` and rainy ones in ``trainB``, their label maps in ``trainS`` and ``trainT``, and
rendered targets of the clear ones in ``trainP``. ``model.init`` begins with what ``large_rain_start`` has made;
``models/gpu`` does both and lets a small generator imitate the result. Crops in batches, as published, and all else as
in ``light_rain``: the discriminator on frozen features learns from some dozens of rainy frames, the targets hold hues
and edges.
"""

_base_ = "_base.py"

data = {"width": 640, "crop": 256, "scales": (1.0, 1.15)}

model = {"generator": "affine", "discriminator": "features"}

loss = {"identity": False, "tps": 0.5, "paired": 1, "perceptual": 1}

optim = {"batch_size": 8, "lr": 2e-4, "discriminator_lr": 4e-4, "epochs": 60, "decay_epochs": 40, "ema": 0.995}

run = {"log_every": 20, "save_every": 500, "grid_every": 500}

domains = {
    "water": "moderate",
    "day_only": True,
    "training_data": "BDD100K frames and road photographs, with rendered targets",
    "licence": "education, research and not-for-profit use; (c) 2018 Regents of the University of California",
}
