"""``road-lite``: a small segmentation network for road scenes, a configuration of mmsegmentation.

EfficientNet-Lite0 to the first block of stride 32, and the semantic FPN of Kirillov et al., "Panoptic Feature Pyramid
Networks", CVPR 2019 (arXiv 1901.02446). ``models/road_lite.py`` trains it; ``docs/models/road-lite.md`` is its card.
"""

custom_imports = {"imports": ["pipeline.segment.mmseg.lite"], "allow_failed_imports": False}

model = {
    "type": "EncoderDecoder",
    "data_preprocessor": {
        "type": "SegDataPreProcessor",
        "mean": [127.0] * 3,
        "std": [128.0] * 3,
        "bgr_to_rgb": True,
        "pad_val": 0,
        "seg_pad_val": 255,
    },
    "backbone": {"type": "EfficientNetLite0", "out_indices": (2, 3, 4, 5), "last_blocks": 1},
    "neck": {"type": "FPN", "in_channels": [24, 40, 112, 192], "out_channels": 64, "num_outs": 4},
    "decode_head": {
        "type": "FPNHead",
        "in_channels": [64] * 4,
        "in_index": [0, 1, 2, 3],
        "feature_strides": [4, 8, 16, 32],
        "channels": 64,
        "dropout_ratio": 0.1,
        "num_classes": 11,
        "norm_cfg": {"type": "BN"},
        "align_corners": False,
        "loss_decode": {"type": "CrossEntropyLoss"},
    },
    "train_cfg": {},
    "test_cfg": {"mode": "whole"},
}

# Large pictures are shown to the network at about the size of its training; CamVid's 480x360 stay as they are.
test_pipeline = [
    {"type": "LoadImageFromFile"},
    {"type": "Resize", "scale": (640, 360), "keep_ratio": True},
    {"type": "PackSegInputs"},
]

test_dataloader = {
    "dataset": {
        "metainfo": {
            "classes": (
                *("sky", "building", "pole", "road", "pavement", "tree"),
                *("sign", "fence", "car", "pedestrian", "bicyclist"),
            ),
            "palette": (
                *((128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (60, 40, 222), (128, 128, 0)),
                *((192, 128, 128), (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192)),
            ),
        }
    }
}
