"""The OpenMMLab packages are silent, and everything is as it was afterwards."""

import io
import logging
import subprocess
import sys
import warnings

import pytest

from pipeline.segment.mmseg.quiet import quiet_openmmlab

IMPORT_AND_BUILD = """
from pipeline.segment.mmseg.quiet import quiet_openmmlab
with quiet_openmmlab():
    import mmseg, mmseg.apis, mmpretrain.models, mmseg.datasets
    from mmengine.logging import MMLogger, print_log
    from pipeline.segment.mmseg.zoo import find_model
    network = mmseg.apis.init_model(str(find_model("convnext-tiny").config), None, device="cpu")
    print_log("a message", "current")
assert sum(value.numel() for value in network.parameters()) == find_model("convnext-tiny").parameters
"""


def test_importing_and_building_says_nothing_and_loggers_speak_afterwards() -> None:
    program = IMPORT_AND_BUILD + 'print_log("after", "current")'
    done = subprocess.run([sys.executable, "-W", "always", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("mmengine - INFO - after\n")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_what_exists_says_errors_alone(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    logger = logging.getLogger("mmengine")
    handler = logging.StreamHandler(stream)
    level = logger.level
    logger.addHandler(handler)
    try:
        with quiet_openmmlab(), quiet_openmmlab():
            warnings.warn("a warning", stacklevel=1)
            print("out")
            print("err", file=sys.stderr)
            logger.warning("below")
            logger.error("an error")
        assert logger.level == level
    finally:
        logger.removeHandler(handler)
    assert stream.getvalue() == "an error\n"
    assert capsys.readouterr() == ("", "")


def fail_in_silence() -> None:
    with quiet_openmmlab():
        logging.getLogger("mmseg").setLevel(logging.DEBUG)
        warnings.simplefilter("error")
        raise ValueError("as it is")


def test_everything_is_restored_after_an_exception() -> None:
    before = sys.stdout, sys.stderr, list(warnings.filters), logging.getLogger("mmseg").level
    with pytest.raises(ValueError, match="as it is"):
        fail_in_silence()
    assert (sys.stdout, sys.stderr, list(warnings.filters), logging.getLogger("mmseg").level) == before


def test_a_handler_made_in_silence_gets_the_real_stream() -> None:
    with quiet_openmmlab():
        handlers = logging.StreamHandler(), logging.StreamHandler(sys.stdout)
    assert (handlers[0].stream, handlers[1].stream) == (sys.stderr, sys.stdout)
