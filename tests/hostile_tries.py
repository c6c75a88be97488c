"""Cases that do what a fuzzed case must not, to see that it is noticed."""

import os
import random
import sys
import time
from pathlib import Path

from benchmarks.fuzzing.case import Outcome, refusals

WAYS = ("hang", "grow", "die", "talk", "raise", "behave")


def misbehave(draw: random.Random, folder: Path) -> Outcome:
    """Hang, grow, die, talk, raise, or behave, by lot."""
    del folder
    outcome = Outcome()
    what = draw.choice(WAYS)
    if what == "hang":
        time.sleep(60)
    elif what == "grow":
        bytearray(1_100_000_000)
    elif what == "die":
        os._exit(3)
    elif what == "talk":
        sys.stderr.write("a library's own line 17\n")
        sys.stderr.flush()
    with refusals(outcome):
        if what == "raise":
            raise KeyError(what)
        outcome.accepted = True
    return outcome
