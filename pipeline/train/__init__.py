"""Training from a folder of clear and a folder of rainy pictures."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.train.job import train as train
    from pipeline.train.options import TrainOptions as TrainOptions

__getattr__ = on_demand(__name__, {"TrainOptions": "options", "train": "job"})
