"""Everything that the jobs raise on purpose.

The tree, with what the method has of it (``tpsence.errors``)::

    TpsenceError             one line for the user, with a remedy
    ├── InputError           refused before anything was written
    │   ├── WeightsError     a checkpoint that cannot be used
    │   ├── ConfigError      a preset or a setting that cannot be used
    │   ├── LabelError       a label file that cannot be used
    │   ├── UnsafeNameError  a file name that would leave its folder
    │   ├── CollisionError   two inputs that would become one output
    │   └── OutputError      an output folder that cannot be used
    ├── RunError             the run broke after it had begun
    │   ├── StrictError      a picture could not be translated and the user asked to stop
    │   └── ProofError       the labels read back differ from the source
    └── DownloadError        weights that cannot be fetched from the network
"""

from tpsence.errors import InputError, TpsenceError


class ConfigError(InputError):
    """A preset that cannot be read, or settings that are unknown, out of range or contradict each other."""


class LabelError(InputError):
    """A label file that cannot be read or contradicts itself."""


class UnsafeNameError(InputError):
    """A file name that would lead a read or a write out of its folder."""


class CollisionError(InputError):
    """Two inputs that would be written to the same output."""


class OutputError(InputError):
    """An output folder that holds something else, or another run."""


class RunError(TpsenceError):
    """The run stopped after it had begun; what was written is whole and the run can be continued."""


class StrictError(RunError):
    """A picture could not be translated, and strictness was asked for."""


class ProofError(RunError):
    """The labels that were written differ from the source when read back."""


class DownloadError(TpsenceError):
    """Weights that cannot be fetched from the network, arrived damaged, or were damaged later."""
