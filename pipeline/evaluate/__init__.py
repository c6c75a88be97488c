"""How good the pictures are: figures with intervals and a judgement in words."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.evaluate.job import evaluate as evaluate
    from pipeline.evaluate.options import EvaluateOptions as EvaluateOptions

__getattr__ = on_demand(__name__, {"EvaluateOptions": "options", "evaluate": "job"})
