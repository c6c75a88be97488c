"""Where ``large_rain`` begins: a generator of the published size towards rendered targets alone.

Wants the clear frames in ``trainA`` and their targets in ``trainP``; ``trainB`` is not learnt from, and label maps
are not read. As ``light_rain_start``, at twice its width and in batches, for a GPU.
"""

_base_ = "light_rain_start.py"

data = {"width": 512}

model = {"blocks": 9, "ngf": 64, "projection": 256}

optim = {"batch_size": 8, "lr": 3e-4, "epochs": 20, "decay_epochs": 20}

run = {"save_every": 500, "grid_every": 500}
