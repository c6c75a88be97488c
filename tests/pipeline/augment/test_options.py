"""Choices out of range are refused before anything happens."""

import subprocess
import sys
from typing import Any

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.engine.resources import Resources
from pipeline.output.shards import Shard
from tpsence.errors import InputError

NAN = float("nan")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", None),
        ("width", 0),
        ("width", 16),
        ("width", 7680),
        ("strength", 0.0),
        ("strength", 1.5),
        ("fraction", 1e-9),
        ("fraction", 1.0),
        ("quality", 1),
        ("quality", 100),
        ("max_pixels", 1),
    ],
)
def test_options_at_the_edge_of_their_range_are_taken(name: str, value: Any) -> None:  # noqa: ANN401 (of any option)
    assert getattr(AugmentOptions(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", -1),
        ("width", 1),
        ("width", 15),
        ("strength", -0.01),
        ("strength", 1.51),
        ("strength", NAN),
        ("fraction", 0.0),
        ("fraction", -0.5),
        ("fraction", 1.01),
        ("fraction", NAN),
        ("quality", 0),
        ("quality", 101),
        ("max_pixels", 0),
        ("max_pixels", -5),
    ],
)
def test_options_out_of_range_are_refused_by_name(name: str, value: Any) -> None:  # noqa: ANN401 (of any option)
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')}: out of range") as caught:
        AugmentOptions(**{name: value})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", None), ("batch_size", 1), ("workers", None), ("workers", 0), ("workers", 256)]
)
def test_resources_at_the_edge_of_their_range_are_taken(name: str, value: int | None) -> None:
    resources = Resources(batch_size=value) if name == "batch_size" else Resources(workers=value)
    assert getattr(resources, name) == value


@pytest.mark.parametrize(("name", "value"), [("batch_size", 0), ("batch_size", -1), ("workers", -1), ("workers", 257)])
def test_resources_out_of_range_are_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')}: out of range"):
        Resources(batch_size=value) if name == "batch_size" else Resources(workers=value)


@pytest.mark.parametrize(
    ("text", "index", "count"),
    [("1/1", 1, 1), ("1/4", 1, 4), ("4/4", 4, 4), (" 2/3\n", 2, 3), ("02/04", 2, 4), ("999999/999999", 999999, 999999)],
)
def test_a_shard_is_parsed(text: str, index: int, count: int) -> None:
    shard = Shard.parse(text)
    assert (shard.index, shard.count) == (index, count)
    assert shard.name == f"{index}-of-{count}"


@pytest.mark.parametrize(
    "text",
    ["", "1", "/", "1/", "/2", "a/b", "1/2/3", "1 / 2", "-1/2", "1/-2", "1.0/2", "1-of-2", "1\\2", "1234567/9999999"],
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not of the form i/n"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["0/4", "5/4", "0/0", "1/0"])
def test_a_part_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=f"`shard` {text}: no such part"):
        Shard.parse(text)


def test_the_choices_are_quick_to_import() -> None:
    program = (
        "import sys, pipeline.augment.options; print([n for n in ('torch', 'numpy', 'cv2', 'PIL') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
