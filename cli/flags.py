"""From the settings that a job's messages name to the flags of the command line."""

import re

_SETTING = re.compile(r"`([a-z][a-z_]*)`")


def with_flags(text: str) -> str:
    """Write flags for the settings that a message names: ``give `max_pixels``` becomes ``give --max-pixels``."""
    return _SETTING.sub(lambda found: "--" + found[1].replace("_", "-"), text)
