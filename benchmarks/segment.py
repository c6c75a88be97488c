"""Seconds a picture: the whole-image pass of ``tpsence segment`` beside ``mmseg.apis.inference_model``.

The network has random weights, which cost what trained ones cost. Both take the same pictures from memory to a map of
class ids at the picture's own size, one at a time, in this process: mmsegmentation as its test settings say (scaled up,
in windows), ours in one pass at the picture's size.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.engine.device import choose_device
from pipeline.engine.resources import Precision
from pipeline.segment.mmseg.network import SegmentationNetwork, build_network
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.mmseg.zoo import ZooModel, find_model


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="convnext-tiny", help="a name from tpsence segment --list-models")
    parser.add_argument("--size", type=int, nargs=2, default=(640, 360), metavar=("W", "H"), help="640 360")
    parser.add_argument("--runs", type=int, default=5, help="pictures of each kind; the median counts (5)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    arguments = parser.parse_args()
    device = choose_device(arguments.device)
    width, height = arguments.size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    model = find_model(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "random.pth"
        plain = random_network(model, weights)
        whole = build_network(model.config, weights, model.overrides, whole=True)
        tested = build_network(model.config, weights, model.overrides, whole=False)
    threads = torch.get_num_threads()
    print(f"{model.name}, {width}x{height}, {device}, {threads} threads, median of {arguments.runs}")
    rows = {
        "mmseg.apis.inference_model": reference(plain, device),
        "as tested, fp32": ours(tested, device, Precision.FP32),
        "whole, fp32": ours(whole, device, Precision.FP32),
        "whole, bf16": ours(whole, device, Precision.BF16),
    }
    print_table(measured(rows, pixels, arguments.runs))


def random_network(model: ZooModel, weights: Path) -> nn.Module:
    """Build a network as mmsegmentation does, and save the weights that it is initialised with."""
    with quiet_openmmlab():
        from mmengine.config import Config
        from mmseg.apis import init_model

        config = Config.fromfile(model.config)
        config.merge_from_dict(dict(model.overrides))
        network: nn.Module = init_model(config, None, "cpu")
    torch.save({"state_dict": network.state_dict()}, weights)
    return network


Segment = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Takes (H, W, 3) RGB, gives (H, W) class ids."""


def ours(network: SegmentationNetwork, device: torch.device, precision: Precision) -> Segment:
    """Return this project's way."""
    segmenter = Segmenter(network.network, device, precision, len(network.classes))

    def segment(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        size = pixels.shape[1], pixels.shape[0]
        ids: NDArray[np.uint8] = segmenter.class_ids([network.preparation(pixels)], size)[0]
        return ids

    return segment


def reference(network: nn.Module, device: torch.device) -> Segment:
    """Return mmsegmentation's way."""
    network.to(device)

    def segment(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with quiet_openmmlab():
            from mmseg.apis import inference_model

            found = inference_model(network, np.ascontiguousarray(pixels[..., ::-1]))
        ids: NDArray[np.uint8] = found.pred_sem_seg.data[0].byte().cpu().numpy()
        return ids

    return segment


def measured(rows: dict[str, Segment], pixels: NDArray[np.uint8], runs: int) -> dict[str, tuple[float, float]]:
    """Return (median seconds, share of pixels of the first row's class) of each way; they take turns."""
    maps = {name: segment(pixels) for name, segment in rows.items()}  # and warms up
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(runs):
        for name, segment in rows.items():
            began = time.perf_counter()
            segment(pixels)
            seconds[name].append(time.perf_counter() - began)
    first = next(iter(maps.values()))
    return {name: (statistics.median(seconds[name]), float((maps[name] == first).mean())) for name in rows}


def print_table(results: dict[str, tuple[float, float]]) -> None:
    """Print seconds, the ratio to the first row, and the share of pixels with its class."""
    first = next(iter(results.values()))[0]
    print(f"{'':28}{'s/image':>9}{'ratio':>8}{'same class':>12}")
    for name, (seconds, same) in results.items():
        print(f"{name:28}{seconds:9.2f}{first / seconds:7.2f}x{same:12.4f}")


if __name__ == "__main__":
    main()
