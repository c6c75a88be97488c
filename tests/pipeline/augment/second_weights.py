"""A second generator, to be mixed with the tiny one."""

from pathlib import Path

import pytest


def second_weights(file: Path, seed: int = 7) -> Path:
    """Write a checkpoint in the published format, as small as ``tiny_weights`` and with another effect.

    Args:
        file: Where it goes.
        seed: Chooses the weights.
    """
    torch = pytest.importorskip("torch")
    from tpsence.networks.generator import Generator, init_xavier

    network = Generator(ngf=4, blocks=4)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(seed))
    torch.save(network.state_dict(), file)
    return file


def end_of(weights: object) -> str:
    """Return what weights are called in tables: their file and its folder."""
    return "/".join(Path(str(weights)).parts[-2:])
