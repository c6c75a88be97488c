"""Which process talks, where torchrun has started several for one training."""

import os


def is_first() -> bool:
    """Tell whether this process talks: alone, or the first of those that torchrun has started."""
    rank = os.environ.get("RANK", "0")
    return os.environ.get("WORLD_SIZE", "1") == "1" or not rank.isdigit() or int(rank) == 0
