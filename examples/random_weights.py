"""Write a checkpoint of random weights in the published format.

It has the keys, shapes and file name of a published TPSeNCE generator and has learned nothing: good for trying the
command, for tests and for measuring speed. What it does to a picture is no rain.
"""

import argparse
from pathlib import Path

import torch

from tpsence.networks.generator import Generator, init_xavier
from tpsence.weights import PUBLISHED_NAME


def write_random_checkpoint(folder: Path, *, ngf: int = 64, blocks: int = 9, gain: float = 0.02, seed: int = 0) -> Path:
    """Write ``latest_net_G.pth`` with Xavier weights, as the published training starts.

    Args:
        folder: The checkpoint folder; it is made.
        ngf: Channels after the first convolution.
        blocks: Residual blocks.
        gain: Scale of the weights; the larger, the more a random network changes.
        seed: The same seed gives the same weights.

    Returns:
        The file.
    """
    network = Generator(ngf=ngf, blocks=blocks)
    init_xavier(network, gain, torch.Generator().manual_seed(seed))
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), folder / PUBLISHED_NAME)
    return folder / PUBLISHED_NAME


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a checkpoint of random weights in the published format.")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--ngf", type=int, default=64, help="channels after the first convolution (64)")
    parser.add_argument("--blocks", type=int, default=9, help="residual blocks (9)")
    parser.add_argument("--gain", type=float, default=0.02, help="scale of the weights (0.02)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same weights (0)")
    args = parser.parse_args()
    print(write_random_checkpoint(args.out, ngf=args.ngf, blocks=args.blocks, gain=args.gain, seed=args.seed))
