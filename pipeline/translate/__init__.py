"""Pictures in memory: what ``augment`` does to files, for notebooks and training scripts."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.translate.jobs import augment as augment
    from pipeline.translate.jobs import segment as segment
    from pipeline.translate.load import load as load
    from pipeline.translate.translator import Translator as Translator

__getattr__ = on_demand(__name__, {"Translator": "translator", "augment": "jobs", "load": "load", "segment": "jobs"})
