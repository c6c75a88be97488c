"""A generator of the published size for what ``light_rain`` is for: few pictures, and minutes of a GPU that has bf16.

Wants clear frames in ``trainA`` and rainy ones in ``trainB``, their label maps in ``trainS`` and ``trainT``, and
rendered targets of the clear ones in ``trainP``. ``model.init`` begins with what ``large_rain_start`` has made;
``models/gpu`` does both and lets a small generator imitate the result. Whole frames and all else as in
``light_rain``: what a network that gives a light sees is brought to a fixed exposure, and a crop of sky or of road
would get another one than the picture that it is of.
"""

_base_ = "light_rain.py"

# A light comes back to full size. The narrower the picture, the more of it does the network see around a pixel.
data = {"width": 512}

model = {"blocks": 9, "ngf": 64, "projection": 256}

# On a GPU a step of 8 takes hardly longer than one of 4. At 2e-4 the targets were unlearnt within 80 steps.
optim = {"batch_size": 8, "lr": 5e-5, "discriminator_lr": 4e-4, "epochs": 60, "decay_epochs": 40}

run = {"save_every": 500, "grid_every": 500}
