"""The arithmetic around the networks."""

from contextlib import AbstractContextManager, nullcontext

import torch


def autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[None]:
    """Return a context in which layers compute in half precision, or an empty one.

    Args:
        device: Where they compute.
        dtype: ``bfloat16`` or ``float16``, or None for float32 throughout.
    """
    if dtype is None:
        return nullcontext()
    context: AbstractContextManager[None] = torch.autocast(device.type, dtype=dtype)
    return context
