"""The light of rain, small: for few pictures and few hours.

Wants clear frames in ``trainA`` and rainy ones in ``trainB``, their label maps in ``trainS`` and ``trainT``, and
rendered targets of the clear ones in ``trainP``. ``model.init`` begins with what ``light_rain_start`` has made;
``models/rain.py`` does both. The discriminator on frozen features learns from some dozens of rainy frames; the targets
hold hues and edges meanwhile.
"""

_base_ = "_base.py"

# The change comes back to full size as a light, so that a small width costs no detail, and a fraction of the time.
data = {"width": 256, "crop": 0, "scales": (1.0, 1.15)}

model = {"generator": "affine", "blocks": 6, "ngf": 32, "projection": 128, "discriminator": "features"}

loss = {"identity": False, "tps": 0.5, "paired": 3, "perceptual": 1}

optim = {"batch_size": 1, "lr": 2e-4, "discriminator_lr": 3e-4, "ema": 0.995}

run = {"log_every": 20, "save_every": 100, "grid_every": 200}

domains = {
    "water": "moderate",
    "day_only": True,
    "training_data": "BDD100K frames and road photographs, with rendered targets",
    "licence": "education, research and not-for-profit use; (c) 2018 Regents of the University of California",
}
