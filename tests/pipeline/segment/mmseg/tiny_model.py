"""A network so small that a test can run it: a real mmsegmentation configuration, and random weights."""

from pathlib import Path
from typing import Literal

import torch

from pipeline.segment.mmseg.quiet import quiet_openmmlab

SIZE = (96, 64)
"""(W, H) that its test pipeline fits pictures into, when it is not told to run them whole."""

_CONFIG = """
default_scope = "mmseg"
norm_cfg = dict(type="SyncBN", requires_grad=True)
head = dict(
    type="FCNHead", num_convs=1, concat_input=False, dropout_ratio=0.1, num_classes={classes}, norm_cfg=norm_cfg,
    align_corners=False, loss_decode=dict(type="CrossEntropyLoss", use_sigmoid=False),
)
model = dict(
    type="EncoderDecoder",
    data_preprocessor=dict(
        type="SegDataPreProcessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True,
        pad_val=0, seg_pad_val=255, size=(64, 64),
    ),
    pretrained="open-mmlab://resnet18_v1c",
    backbone=dict(
        type="ResNetV1c", depth=18, base_channels=4, stem_channels=4, num_stages=4, out_indices=(0, 1, 2, 3),
        strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), norm_cfg=norm_cfg,
    ),
    decode_head=dict(in_channels=32, in_index=3, channels=8, **head),
    auxiliary_head=dict(in_channels=16, in_index=2, channels=4, **head),
    train_cfg=dict(),
    test_cfg={test_cfg},
)
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="Resize", scale={size}, keep_ratio=True),
    dict(type="LoadAnnotations"),
    dict(type="PackSegInputs"),
]
test_dataloader = dict(batch_size=1, dataset=dict(type="CityscapesDataset", pipeline=test_pipeline))
"""


def write_tiny_model(
    folder: Path, *, classes: int = 19, mode: Literal["whole", "slide"] = "whole", seed: int = 0
) -> tuple[Path, Path]:
    """Write a configuration and weights that tell many classes apart in any picture.

    Args:
        folder: Where to; made if needed.
        classes: How many. With 19 they are named as those of Cityscapes, otherwise by their numbers.
        mode: How the network is tested: in one pass, or in windows of 64 pixels.
        seed: Of the weights.

    Returns:
        The files ``tiny.py`` and ``tiny.pth``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config, weights = folder / "tiny.py", folder / "tiny.pth"
    test = {"mode": mode} if mode == "whole" else {"mode": mode, "crop_size": (64, 64), "stride": (42, 42)}
    config.write_text(_CONFIG.format(classes=classes, test_cfg=test, size=SIZE), encoding="utf-8")
    with torch.random.fork_rng(devices=[]), quiet_openmmlab():
        from mmseg.apis import init_model

        torch.manual_seed(seed)
        network = init_model(str(config), None, device="cpu")
        last = network.decode_head.conv_seg
        torch.nn.init.normal_(last.weight, std=10.0)
        torch.nn.init.zeros_(last.bias)
    torch.save({"meta": {"dataset_meta": {}}, "state_dict": network.state_dict()}, weights)
    return config, weights
