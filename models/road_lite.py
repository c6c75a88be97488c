"""Train ``road-lite`` on CamVid and print its figures.

    python models/road_lite.py --camvid DIR --out FILE

DIR has ``images`` and ``labels``, each with ``train``, ``val`` and ``test``: frames and maps of class ids of one stem,
11 is void. The network learns from train and val; nothing is chosen by test, which is only reported on.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from lite0 import imagenet_state, normalise
from measure import pictures, print_camvid_figures
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.zoo import find_model
from tpsence.conventions import IGNORE

CLASSES = 11
_VOID = 11
_SIZE = (360, 480)
"""(H, W) of the frames."""
_CROP = (256, 352)
"""(H, W) of the crops."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the network is trained."""

    epochs: int
    batch_size: int
    workers: int
    device: str
    lr: float = 1e-3
    weight_decay: float = 0.02
    ema: float = 0.99
    rarity: float = 0.3
    """Exponent of a class's weight in the loss: (median frequency / its frequency) to this power."""
    seed: int = 0


class CamVid(Dataset[tuple[Tensor, Tensor]]):
    """Frames (3, H, W) uint8 and class ids (H, W) int64, 255 for void, kept in memory.

    Args:
        root: The data.
        splits: Of ``train``, ``val`` and ``test``.
        transform: What is done to both.
    """

    def __init__(self, root: Path, splits: list[str], transform: v2.Transform) -> None:
        self._pairs = [pair for split in splits for pair in _pairs(root, split)]
        self._transform = transform

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        pixels, ids = self._pairs[index]
        image, mask = self._transform(tv_tensors.Image(pixels), tv_tensors.Mask(ids))
        return image.as_subclass(Tensor), mask.as_subclass(Tensor).long()

    def frequencies(self) -> Tensor:
        """Return the share of each class in the pixels that have one, (11,)."""
        counts = torch.stack([torch.bincount(ids.flatten(), minlength=IGNORE + 1)[:CLASSES] for _, ids in self._pairs])
        total = counts.sum(0).float()
        return total / total.sum()


def _pairs(root: Path, split: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Read the frames of a split and their maps."""
    frames = {frame.stem: frame for frame in pictures(root / "images" / split)}
    for file in pictures(root / "labels" / split):
        pixels = np.array(Image.open(frames[file.stem]).convert("RGB"))
        ids = np.array(Image.open(file))
        ids[ids == _VOID] = IGNORE
        yield torch.from_numpy(pixels).permute(2, 0, 1).contiguous(), torch.from_numpy(ids)


class Jpeg(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Compress and read back. torchvision's own is on its way out, with its image codecs.

    Args:
        worst: Lowest quality, 1 to 100.
        best: Highest.
    """

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, worst: int, best: int) -> None:
        super().__init__()
        self._qualities = worst, best + 1

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw a quality."""
        return {"quality": int(torch.randint(*self._qualities, ()))}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        """Change (3, H, W) uint8."""
        file = io.BytesIO()
        Image.fromarray(inpt.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=params["quality"])
        pixels = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).contiguous()
        changed: Tensor = tv_tensors.wrap(pixels, like=inpt)
        return changed


def augmentation() -> v2.Transform:
    """Return hard changes of size, place, light, colour, focus, noise and compression; CamVid has no bad weather."""
    fill = {tv_tensors.Image: 127, tv_tensors.Mask: IGNORE}
    return v2.Compose(
        [
            v2.ScaleJitter(_SIZE, scale_range=(0.75, 2.0), antialias=True),
            v2.RandomCrop(_CROP, pad_if_needed=True, fill=fill),
            v2.RandomHorizontalFlip(),
            v2.RandomApply(
                [v2.ColorJitter(brightness=(0.5, 1.7), contrast=(0.4, 1.5), saturation=(0.2, 1.6), hue=0.06)], 0.8
            ),
            v2.RandomGrayscale(0.05),
            v2.RandomApply([v2.GaussianBlur(7, sigma=(0.3, 2.5))], 0.3),
            v2.RandomApply([Jpeg(20, 90)], 0.3),
            v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
            v2.RandomApply([v2.GaussianNoise(sigma=0.05)], 0.3),
            v2.ToDtype({tv_tensors.Image: torch.uint8, "others": None}, scale=True),
        ]
    )


def build() -> Any:  # noqa: ANN401 (mmsegmentation has no types)
    """Return the network, its backbone with the ImageNet weights; an ``mmseg.models.EncoderDecoder``."""
    from mmengine.config import Config
    from mmseg.registry import MODELS
    from mmseg.utils import register_all_modules

    with quiet_openmmlab():
        register_all_modules(init_default_scope=True)
        network = MODELS.build(Config.fromfile(find_model("road-lite").config).model)
        network.init_weights()
    state = imagenet_state()
    own = network.backbone.state_dict()
    network.backbone.load_state_dict({key: state[key] for key in own})
    return network


def scores(network: Any, pixels: Tensor) -> Tensor:  # noqa: ANN401
    """Return (N, 11, H, W) float32 scores for (N, 3, H, W) uint8 pixels."""
    images = normalise(pixels.float()).contiguous(memory_format=torch.channels_last)
    with torch.autocast(pixels.device.type, torch.bfloat16, enabled=network.training):
        coarse = network.decode_head(network.extract_feat(images))
    return F.interpolate(coarse.float(), size=pixels.shape[-2:], mode="bilinear", align_corners=False)


def class_weights(frequencies: Tensor, rarity: float) -> Tensor:
    """Return (median frequency / frequency) to the power of ``rarity``, (C,); 1 for classes that do not occur."""
    occurs = frequencies > 0
    median = frequencies[occurs].median()
    return torch.where(occurs, median / frequencies.where(occurs, median), 1.0) ** rarity


def train(root: Path, settings: Settings) -> nn.Module:
    """Train on train and val, and return the average of the weights."""
    torch.manual_seed(settings.seed)
    device = torch.device(settings.device)
    data = CamVid(root, ["train", "val"], augmentation())
    loader = DataLoader(
        data,
        batch_size=settings.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=settings.workers,
        persistent_workers=settings.workers > 0,
    )
    network = build().to(device=device, memory_format=torch.channels_last).train()
    average_of = get_ema_multi_avg_fn(settings.ema)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=average_of, use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    steps = settings.epochs * len(loader)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps, pct_start=0.1)
    weight = class_weights(data.frequencies(), settings.rarity).to(device)
    began = time.monotonic()
    for epoch in range(settings.epochs):
        total = 0.0
        for pixels, ids in loader:
            loss = F.cross_entropy(
                scores(network, pixels.to(device)), ids.to(device), weight=weight, ignore_index=IGNORE
            )
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(loader):.3f}, {time.monotonic() - began:.0f} s", flush=True)
    trained: nn.Module = average.module
    return trained


def save(network: nn.Module, file: Path) -> None:
    """Write the weights in half precision."""
    state = {
        key: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for key, value in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    save_file(state, file)
    print(f"{file}: {file.stat().st_size:,} bytes")


def main() -> None:
    """Read the command line, train, save, and test what was saved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camvid", type=Path, required=True, help="folder with images and labels")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument("--epochs", type=int, default=45)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    settings = Settings(epochs=given.epochs, batch_size=given.batch_size, workers=given.workers, device=given.device)
    network = train(given.camvid, settings)
    save(network, given.out)
    with tempfile.TemporaryDirectory() as folder:
        print_camvid_figures(given.camvid, given.out, Path(folder) / "camvid")


if __name__ == "__main__":
    main()
