"""The main job: a data set's pictures in rain, with the same labels."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.augment.job import augment as augment
    from pipeline.augment.options import AugmentOptions as AugmentOptions

__getattr__ = on_demand(__name__, {"AugmentOptions": "options", "augment": "job"})
