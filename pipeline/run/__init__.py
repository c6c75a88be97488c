"""The whole chain: label maps, training, translation, report."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.run.config import ChainConfig as ChainConfig
    from pipeline.run.job import run as run

__getattr__ = on_demand(__name__, {"ChainConfig": "config", "run": "job"})
