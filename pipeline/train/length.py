"""How long a training is, in words: a setting of its length alone does not say it, as the decay comes after it."""

from collections.abc import Collection

from pipeline.files.text import count
from pipeline.train.config import OptimConfig

EPOCHS, DECAY = "optim.epochs", "optim.decay_epochs"


def length_text(optim: OptimConfig, steps_per_epoch: int) -> str:
    """Write how long a training is: ``3 epochs + 30 of decay = 33 epochs of 20 steps``."""
    whole = f"{count(optim.epochs + optim.decay_epochs, 'epoch')} of {count(steps_per_epoch, 'step')}"
    if not optim.decay_epochs:
        return whole
    return f"{count(optim.epochs, 'epoch')} + {optim.decay_epochs:,} of decay = {whole}"


def decay_notes(optim: OptimConfig, named: Collection[str]) -> tuple[str, ...]:
    """Return a line for who has set the epochs and may not know of the decay; none where the decay is set too, or 0.

    Args:
        optim: The settings.
        named: Keys of the settings that the user has named.
    """
    if EPOCHS not in named or DECAY in named or not optim.epochs or not optim.decay_epochs:
        return ()
    return (f"`set` {DECAY}=0 leaves the decay out, which makes it {count(optim.epochs, 'epoch')}",)
