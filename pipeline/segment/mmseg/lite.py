"""EfficientNet-Lite as a backbone of mmsegmentation, named ``EfficientNetLite0`` and so on in configurations.

Source: TensorFlow's EfficientNet-Lite (2020), after Tan and Le, "EfficientNet", ICML 2019 (arXiv 1905.11946): B0 to B4
with ReLU6 and without squeeze-and-excitation, stem and head of one width in all of them. mmpretrain has the blocks, and
the families B0 to B8 and Edge TPU.
"""

from collections.abc import Sequence

from mmpretrain.models.backbones.efficientnet import EfficientNet
from mmseg.registry import MODELS

Block = list[int]
"""Kernel size, channels, squeeze ratio (0: none), stride, expansion, mmpretrain's kind (-1: a plain convolution)."""

_STEM: list[Block] = [[3, 32, 0, 2, 0, -1]]
_HEAD: list[Block] = [[1, 1280, 0, 1, 0, -1]]


def _stage(kernel: int, channels: int, stride: int, blocks: int, expansion: int = 6) -> list[Block]:
    """Blocks of one width; the first one has the stride."""
    return [[kernel, channels, 0, stride if index == 0 else 1, expansion, 0] for index in range(blocks)]


@MODELS.register_module()
class EfficientNetLite0(EfficientNet):  # type: ignore[misc]  # mmpretrain has no types
    """EfficientNet-Lite0 for images (N, 3, H, W) normalised with mean 127 and deviation 128.

    Args:
        out_indices: Which outputs are returned: 0 the stem's, (N, 32, H/2, W/2); 1 to 5 those of the stages, with 16,
            24, 40, 112 and 320 channels at strides 2, 4, 8, 16 and 32; 6 the last convolution's, with 1280. What comes
            after the highest of them is left out.
        last_blocks: Blocks of the last stage that are kept, or None for all. Stage 5 has 192 channels but for its
            fifth and last block.
        same_padding: Pad as TensorFlow does, which the ImageNet weights were trained with. Else symmetrically, which
            is quicker, and the same once the weights have been trained further.
    """

    layer_settings = {  # noqa: RUF012 (the name is mmpretrain's)
        "b": [
            _STEM,
            _stage(3, 16, 1, 1, expansion=1),
            _stage(3, 24, 2, 2),
            _stage(5, 40, 2, 2),
            _stage(3, 80, 2, 3) + _stage(5, 112, 1, 3),
            _stage(5, 192, 2, 4) + _stage(3, 320, 1, 1),
            _HEAD,
        ]
    }

    def __init__(
        self, out_indices: Sequence[int], last_blocks: int | None = None, *, same_padding: bool = False
    ) -> None:
        super().__init__(
            arch="b0",
            out_indices=out_indices,
            conv_cfg={"type": "Conv2dAdaptivePadding"} if same_padding else None,
            norm_cfg={"type": "BN", "eps": 1e-3},
            act_cfg={"type": "ReLU6"},
        )
        last = max(out_indices)
        del self.layers[last + 1 :]
        if last_blocks is not None:
            self.layers[last] = self.layers[last][:last_blocks]


@MODELS.register_module()
class EfficientNetLite2(EfficientNetLite0):
    """EfficientNet-Lite2: 1.1 times the channels and 1.2 times the blocks; see ``EfficientNetLite0``.

    Stages 1 to 5 have 16, 24, 48, 120 and 352 channels.
    """

    layer_settings = {  # noqa: RUF012 (the name is mmpretrain's)
        "b": [
            _STEM,
            _stage(3, 16, 1, 1, expansion=1),
            _stage(3, 24, 2, 3),
            _stage(5, 48, 2, 3),
            _stage(3, 88, 2, 4) + _stage(5, 120, 1, 4),
            _stage(5, 208, 2, 5) + _stage(3, 352, 1, 1),
            _HEAD,
        ]
    }
