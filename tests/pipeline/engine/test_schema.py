"""What the schemas have in common."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from pipeline.augment.options import AugmentOptions
from pipeline.engine.schema import Options, Setting, help_of, number_or_auto, setting_of
from pipeline.export.options import ExportOptions
from pipeline.report.options import ReportOptions
from pipeline.run.config import ChainConfig
from pipeline.segment.options import SegmentOptions
from pipeline.train.options import TrainOptions
from tpsence.errors import InputError

SCHEMAS: list[type[Options]] = [
    *(AugmentOptions, SegmentOptions, TrainOptions, ExportOptions, ReportOptions, ChainConfig)
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_setting_has_a_text_on_one_line(schema: type[Options]) -> None:
    for name, field in schema.model_fields.items():
        is_section = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        assert help_of(field).isprintable(), name
        assert help_of(field).endswith("."), name
        assert is_section or field.annotation is not None


def test_the_last_of_two_settings_counts() -> None:
    class Some(Options):
        one: Annotated[Annotated[int, Setting(panel="A"), Field(description="Aliased.")], Setting(panel="B")] = 1
        two: int = 2

    assert setting_of(Some.model_fields["one"]).panel == "B"
    assert help_of(Some.model_fields["one"]) == "Aliased."
    assert setting_of(Some.model_fields["two"]) == Setting()


def test_options_do_not_change() -> None:
    options = ExportOptions(weights="rain", out=Path("rain.onnx"))
    with pytest.raises(ValidationError, match="frozen"):
        options.half = True


@pytest.mark.parametrize(("text", "number"), [("auto", None), ("0", 0), ("-1", -1), (" 12 ", 12)])
def test_a_number_or_auto(text: str, number: int | None) -> None:
    assert number_or_auto("workers", text) == number


@pytest.mark.parametrize("text", ["", "many", "1.5", "Auto"])
def test_what_is_neither_a_number_nor_auto(text: str) -> None:
    with pytest.raises(InputError, match=f"`workers` '{text}': not a number"):
        number_or_auto("workers", text)


@pytest.mark.parametrize(
    "module",
    ["augment.options", "segment.options", "train.options", "export.options", "report.options", "run.config"],
)
def test_the_schemas_are_quick_to_import(module: str) -> None:
    program = (
        f"import sys, pipeline.{module}; "
        "print([n for n in ('torch', 'numpy', 'cv2', 'PIL', 'mmengine', 'yaml') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
