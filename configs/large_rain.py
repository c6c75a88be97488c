"""A generator of the published size for what ``light_rain`` is for: few pictures, and minutes of a GPU that has bf16.

Wants clear frames in ``trainA`` and rainy ones in ``trainB``, their label maps in ``trainS`` and ``trainT``, and
rendered targets of the clear ones in ``trainP``. ``model.init`` begins with what ``large_rain_start`` has made;
``models/gpu`` does both and lets a small generator imitate the result. Crops in batches, as published, and all else as
in ``light_rain``: the discriminator on frozen features learns from some dozens of rainy frames, the targets hold hues
and edges.
"""

_base_ = "light_rain.py"

data = {"width": 640, "crop": 256}

model = {"blocks": 9, "ngf": 64, "projection": 256}

loss = {"paired": 1}

optim = {"batch_size": 8, "discriminator_lr": 4e-4, "epochs": 60, "decay_epochs": 40}

run = {"save_every": 500, "grid_every": 500}
