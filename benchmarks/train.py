"""Seconds a training step, beside the plain way, in one run.

The plain way is the reference's order of work: the generator's four encoder passes (of x, y, G(x) and G(y)) come after
its forward pass, TPS runs the discriminator three more times, each layer has a transport plan of its own, and all is
eager fp32 with torch's own instance norm and Adam. Both ways start from the same weights and take the same crops and
patch positions, so their losses must agree; the table shows by how much they differ. Each runs in processes of its
own, and they take turns, so that a machine whose speed varies treats them alike. The discriminator on frozen features
(``--features``) has other losses, so there is nothing to compare them with.
"""

import argparse
import copy
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.common import in_a_process, machine
from pipeline.engine.device import choose_device
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.train.config import TrainConfig
from pipeline.train.learner import Learner
from pipeline.train.samples import Batch
from tpsence.model import LOSS_NAMES, Networks, Positions
from tpsence.networks.normalize import InstanceNorm
from tpsence.networks.projector import gather_patches
from tpsence.networks.resample import BlurUp
from tpsence.settings import ContrastiveSettings, LossSettings, NetworkSettings

LAYERS = LossSettings.layers
TEMPERATURE, ITERATIONS = ContrastiveSettings.temperature, ContrastiveSettings.iterations


PLAIN, COMPILED, FEATURES = "plain", "compiled", "features"


@dataclass
class Measured:
    """What one process has measured of a way."""

    seconds: list[float]
    """Of each step after the first, which also allocates and compiles."""
    losses: list[float]
    """Of the first step, in the order of ``LOSS_NAMES``."""
    memory: float
    """Peak memory in MB, on a GPU of the GPU."""


class PlainWay:
    """The reference's order of work.

    Args:
        networks: Whose weights it starts from; they are copied.
        batch: Always the same crops.
        device: Where the networks run.
    """

    def __init__(self, networks: Networks, batch: Batch, device: torch.device) -> None:
        copies = copy.deepcopy((networks.generator, networks.discriminator, networks.projector))
        for network in copies:
            _make_plain(network)
            for parameter in network.parameters():
                parameter.data = parameter.data.contiguous()  # the copies are channels last
        self.g, self.d, self.f = copies
        self.optimizers = [torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in copies]
        self.x, self.y = (
            (pixels.permute(0, 3, 1, 2).contiguous().to(device).float() / 127.5 - 1)
            for pixels in (batch.source, batch.target)
        )
        self.semantic = batch.similarity.to(device)

    def step(self, positions: Positions) -> Tensor:
        """Do one step at given patch positions and return its losses in the order of ``LOSS_NAMES``."""
        generator, discriminator, projector = self.optimizers
        fake, idt = self.g(torch.cat([self.x, self.y])).chunk(2)
        discriminator.zero_grad()
        on_fake, on_real = self.d(fake.detach()).square().mean(), (self.d(self.y) - 1).square().mean()
        ((on_fake + on_real) / 2).backward()
        discriminator.step()
        self.d.requires_grad_(False)
        generator.zero_grad()
        projector.zero_grad()
        adversarial = (self.d(fake) - 1).square().mean()
        near, middle, far = self.d(self.x), self.d(fake), self.d(self.y)
        tps = (((near - middle).abs() + (far - middle).abs() - (near - far).abs()).abs() + 1e-7).mean()
        contrastive = self._contrastive(self.x, fake, positions.source)
        identity = self._contrastive(self.y, idt, positions.target)
        total = adversarial + tps + (contrastive + identity) / 2
        total.backward()
        generator.step()
        projector.step()
        self.d.requires_grad_(True)
        others = [torch.zeros_like(total)] * 3  # reconstruction, paired, perceptual: not of the published method
        losses = [total, adversarial, tps, contrastive, identity, *others, on_real, on_fake]
        return torch.stack(losses).detach().cpu()

    def _contrastive(self, image: Tensor, translated: Tensor, positions: Sequence[Tensor]) -> Tensor:
        """The contrastive loss of one image (N, 3, H, W) and its translation, layer by layer."""
        query, key = (
            self.f(
                [gather_patches(layer, at.expand(len(image), -1)) for layer, at in zip(encoded, positions, strict=True)]
            )
            for encoded in (self.g.features(translated, LAYERS), self.g.features(image, LAYERS))
        )
        losses = [self._layer(q, k.detach()) for q, k in zip(query, key, strict=True)]
        return torch.stack(losses).mean()

    def _layer(self, query: Tensor, key: Tensor) -> Tensor:
        """SeNCE of one layer: (N, P, D) each."""
        similarity = query @ key.transpose(1, 2)
        own = torch.eye(query.shape[1], dtype=torch.bool, device=query.device)
        m = self.semantic[:, None, None]
        kernel = ((1 - m) * similarity + m * (1 - similarity)).masked_fill(own, -10.0).exp()
        u = v = torch.ones_like(kernel[:, 0])
        for _ in range(ITERATIONS):
            u = 1 / (kernel @ v[:, :, None])[:, :, 0]
            v = 1 / (kernel.transpose(1, 2) @ u[:, :, None])[:, :, 0]
        weights = u[:, :, None] * kernel * v[:, None, :] * (query.shape[1] - 1) + 1e-8
        negatives = (similarity + TEMPERATURE * weights.log()).masked_fill(own, -10.0)
        logits = torch.cat([similarity.diagonal(dim1=1, dim2=2)[:, :, None], negatives], 2) / TEMPERATURE
        first = torch.zeros(logits.shape[:2], dtype=torch.long, device=logits.device)
        return F.cross_entropy(logits.flatten(0, 1), first.flatten())


class _TorchNorm(nn.Module):
    """Torch's own instance norm; its module wants to be told the number of channels."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, C, H, W)."""
        return F.instance_norm(x)


class _PublishedBlurUp(BlurUp):
    """The upsampling as published: more is computed than needed, and cut off."""

    def forward(self, x: Tensor) -> Tensor:
        """Double (N, C, H, W)."""
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return F.conv_transpose2d(x, self.filt, stride=2, padding=2, groups=self.channels)[:, :, 1:-1, 1:-1]


def _make_plain(network: nn.Module) -> None:
    """Replace what this project does in another order than the reference."""
    for name, child in network.named_children():
        if isinstance(child, InstanceNorm):
            setattr(network, name, _TorchNorm())
        elif isinstance(child, BlurUp):
            setattr(network, name, _PublishedBlurUp(child.channels).to(child.filt.device))
        else:
            _make_plain(child)


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    device = choose_device(args.device)
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.one:
        print(json.dumps(asdict(_measured(args, device))))
        return
    names = [PLAIN, *args.precision.split(",")]
    if args.compile:
        names += [f"{name} {COMPILED}" for name in args.precision.split(",")]
    if args.features:
        names += [f"{name} {FEATURES}" for name in args.precision.split(",")]
    turns: dict[str, list[Measured]] = {name: [] for name in names}
    for _ in range(args.repeats):
        for name in names:
            turns[name].append(Measured(**in_a_process(__file__, *sys.argv[1:], "--one", name)))
    _print_table(turns, args, device)


def _measured(args: argparse.Namespace, device: torch.device) -> Measured:
    """Run some steps of one way."""
    if args.one != PLAIN:
        keep_freed_memory(device.type)
    step = _step(args, device)
    seconds, losses = [], torch.zeros(len(LOSS_NAMES))
    for number in range(args.steps + 1):
        began = time.perf_counter()
        found = step(number)
        seconds.append(time.perf_counter() - began)
        losses = found if number == 0 else losses
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 1e6
    return Measured(seconds[1:], losses.tolist(), peak)


def _step(args: argparse.Namespace, device: torch.device) -> Callable[[int], Tensor]:
    """Return a function from the number of a step to its losses."""
    batch = _batch(args.batch_size, args.crop)
    if args.one == PLAIN:
        return _plain_step(Learner(_config(args, "fp32"), device), batch, args.steps)
    precision, _, kind = args.one.partition(" ")
    learner = Learner(_config(args, precision, kind), device)
    return lambda number: learner.step(batch, number).cpu()


def _plain_step(learner: Learner, batch: Batch, steps: int) -> Callable[[int], Tensor]:
    """Return the plain way's, from a learner's weights; the learner itself does not stay in memory."""
    positions = [learner.positions(number) for number in range(steps + 1)]
    plain = PlainWay(learner.networks, batch, learner.device)
    return lambda number: plain.step(positions[number])


def _config(args: argparse.Namespace, precision: str, kind: str = "") -> TrainConfig:
    """The published settings at the size that is measured, compiled, or with the other discriminator."""
    return TrainConfig.from_dict(
        {
            "data": {"crop": args.crop, "width": max(640, args.crop)},
            "model": {
                "ngf": args.ngf,
                "ndf": args.ndf,
                "discriminator": "features" if kind == FEATURES else "patch",
            },
            "optim": {"batch_size": args.batch_size},
            "run": {"precision": precision, "compile": kind == COMPILED},
        }
    )


def _batch(size: int, crop: int) -> Batch:
    """Random crops; speed does not depend on what they show."""
    random = torch.Generator().manual_seed(0)
    source, target = (torch.randint(0, 256, (size, crop, crop, 3), dtype=torch.uint8, generator=random) for _ in "xy")
    return Batch(source, target, torch.full((size,), 0.3))


def _print_table(turns: Mapping[str, Sequence[Measured]], args: argparse.Namespace, device: torch.device) -> None:
    """Print the table, as text or as JSON."""
    median = {name: statistics.median(second for one in of for second in one.seconds) for name, of in turns.items()}
    losses = {name: torch.tensor(of[0].losses) for name, of in turns.items()}
    rows: list[dict[str, Any]] = [
        {
            "name": f"{name} way" if name == PLAIN else f"tpsence {name}",
            "seconds": median[name],
            "ratio": median[PLAIN] / median[name],
            "loss_difference": None if name.endswith(FEATURES) else _difference(losses[name], losses[PLAIN]),
            "memory": max(one.memory for one in of),
        }
        for name, of in turns.items()
    ]
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    steps = f"median of {args.repeats} x {args.steps} steps"
    table = Table(title=f"crop {args.crop}, batch {args.batch_size}, ngf {args.ngf}, {steps}", title_justify="left")
    for column in (
        "",
        "seconds a step",
        "ms a sample",
        "x",
        "largest relative difference of a loss",
        "peak memory, MB",
    ):
        table.add_column(column, justify="right" if column else "left")
    for row in rows:
        seconds = row["seconds"]
        times = f"{seconds:.3f}", f"{1000 * seconds / args.batch_size:.1f}", f"{row['ratio']:.2f}"
        difference = "" if row["loss_difference"] is None else f"{row['loss_difference']:.1e}"
        table.add_row(row["name"], *times, difference, f"{row['memory']:.0f}")
    console = Console(width=120)
    console.print(table)
    console.print(machine(device), highlight=False)


def _difference(losses: Tensor, plain: Tensor) -> float:
    """The largest relative difference of a loss."""
    return float(((losses - plain).abs() / plain.abs().clamp(1e-3)).max())


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    ngf, ndf = NetworkSettings.ngf, NetworkSettings.ndf
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--crop", type=int, default=256, help="side of the crops in pixels (256)")
    parser.add_argument("--batch-size", type=int, default=1, help="images a step (1)")
    parser.add_argument("--ngf", type=int, default=ngf, help=f"channels of the generator ({ngf})")
    parser.add_argument("--ndf", type=int, default=ndf, help=f"channels of the discriminator ({ndf})")
    parser.add_argument("--device", default="auto", help="as tpsence train has it (auto)")
    parser.add_argument("--precision", default="fp32,bf16", help="precisions to measure, with commas (fp32,bf16)")
    parser.add_argument("--compile", action="store_true", help="measure compiled networks too")
    parser.add_argument("--features", action="store_true", help="measure the discriminator on frozen features too")
    parser.add_argument("--repeats", type=int, default=3, help="turns (3)")
    parser.add_argument("--steps", type=int, default=2, help="steps measured in each, after one to warm up (2)")
    parser.add_argument("--threads", type=int, help="CPU threads (torch's own choice)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
