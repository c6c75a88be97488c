"""The published settings of TPSeNCE, all written out; the other presets build upon this file.

Source: Zheng, Lu, Narasimhan, "TPSeNCE", WACV 2024 (arXiv 2311.00660). ``run`` holds choices of this project.
"""

data = {"width": 640, "crop": 256, "flip": True, "scales": (1.0, 1.0), "jitter": 0.0, "max_pixels": 100_000_000}

model = {"blocks": 9, "ngf": 64, "ndf": 64, "projection": 256, "init": None}

loss = {
    "weighting": "semantic",
    "similarity": "mpa",
    "adversarial": 1.0,
    "tps": 1.0,
    "contrastive": 1.0,
    "identity": True,
    "reconstruction": 0.0,
    "layers": (0, 4, 8, 12, 16),
    "patches": 256,
    "temperature": 0.07,
    "epsilon": 1.0,
    "iterations": 50,
}

optim = {
    "batch_size": 32,
    "accumulate": 1,
    "lr": 2e-4,
    "beta1": 0.5,
    "beta2": 0.999,
    "epochs": 100,
    "decay_epochs": 100,
    "ema": 0.0,
}

run = {
    "direction": "AtoB",
    "seed": 0,
    "precision": "auto",
    "compile": False,
    "log_every": 10,
    "save_every": 1000,
    "grid_every": 1000,
}

domains = {"source": "clear", "target": "rain", "training_data": None, "licence": None}
