"""Silence for what the OpenMMLab packages say while they are imported, built and run."""

import io
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

_PACKAGES = ("mmengine", "mmcv", "mmseg", "mmpretrain")


@contextmanager
def quiet_openmmlab() -> Iterator[None]:
    """Ignore Python warnings, log records below errors and all that is printed; exceptions pass.

    For a short time in a process with one thread: what others print meanwhile is lost too.
    """
    out, err = io.StringIO(), io.StringIO()
    try:
        with warnings.catch_warnings(), _errors_only(), redirect_stdout(out), redirect_stderr(err):
            warnings.simplefilter("ignore")
            yield
    finally:
        _release(out, err)


@contextmanager
def _errors_only() -> Iterator[None]:
    """Keep the loggers that exist from saying less than an error; those made meanwhile print to what is redirected."""
    loggers = [*_mmengine_loggers(), *(logging.getLogger(package) for package in _PACKAGES)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(max(logger.level, logging.ERROR))
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _mmengine_loggers() -> list[logging.Logger]:
    """Return mmengine's loggers, which Python's registry does not know."""
    module = sys.modules.get("mmengine.logging")
    return [] if module is None else list(module.MMLogger._instance_dict.values())


def _release(out: io.StringIO, err: io.StringIO) -> None:
    """Give log handlers that were made in silence the streams that they would have had otherwise."""
    for reference in list(logging._handlerList):  # type: ignore[attr-defined]
        handler = reference()
        stream = getattr(handler, "stream", None)
        if stream is out:
            handler.setStream(sys.stdout)
        elif stream is err:
            handler.setStream(sys.stderr)
