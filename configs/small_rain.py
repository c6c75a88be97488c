"""``rain``, the generator that comes with tpsence: small, for few pictures and few hours.

Wants frames of BDD100K by day in ``trainA`` (clear) and ``trainB`` (rainy), and their label maps in ``trainS`` and
``trainT``. ``models/rain.py`` trains it: first with the reconstruction loss alone, to a generator that changes
little, which ``model.init`` then begins with, and at the end at width 384 and crop 192. The reconstruction loss also
takes the place of the identity loss, at half the time of a step.
"""

_base_ = "_base.py"

# Crops of nearly the whole height: instance norm sees sky and road together, and a patch of D is a third of the width.
data = {"width": 256, "crop": 128, "scales": (0.9, 1.3), "jitter": 0.1}

model = {"blocks": 6, "ngf": 32, "ndf": 32, "projection": 128}

loss = {"identity": False, "reconstruction": 0.3}

optim = {"batch_size": 1, "ema": 0.995}

run = {"precision": "bf16", "log_every": 20, "save_every": 444, "grid_every": 888}

domains = {
    "training_data": "BDD100K frames, 148 clear and 25 rainy, by day",
    "licence": "education, research and not-for-profit use; (c) 2018 Regents of the University of California",
}
