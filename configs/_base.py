"""The root of the presets: the published settings of TPSeNCE, nothing changed.

Their values stand in ``tpsence/settings.py`` (Zheng, Lu, Narasimhan, WACV 2024, arXiv 2311.00660); ``run``, ``domains``
and what the paper does not have are in ``pipeline/train/config.py``. ``tpsence train --list-settings`` prints them all.
"""

data: dict[str, object] = {}

model: dict[str, object] = {}

loss: dict[str, object] = {}

optim: dict[str, object] = {}

run: dict[str, object] = {}

domains: dict[str, object] = {}
