"""Choices out of range are refused before anything happens; ``run.json`` records them and gives them back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.engine.resources import EngineName, Resources
from pipeline.gate.options import Gate
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
        ("limit", 1),
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
        ("strength", "0.5..1.51"),
        ("strength", "0.5,-1"),
        ("copies", 0),
        ("copies", 101),
        ("fraction", 0.0),
        ("fraction", -0.5),
        ("fraction", 1.01),
        ("fraction", NAN),
        ("limit", 0),
        ("quality", 0),
        ("quality", 101),
        ("max_pixels", 0),
        ("max_pixels", -5),
    ],
)
def test_options_out_of_range_are_refused_by_name(name: str, value: Any) -> None:  # noqa: ANN401 (of any option)
    with pytest.raises(InputError, match=f"`{name}`: out of range") as caught:
        AugmentOptions(**{name: value})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": "wide"}, "`width` 'wide': should be a valid integer, unable to parse string as an integer"),
        ({"gate": "maybe"}, "`gate` 'maybe': should be 'off', 'flag' or 'drop'"),
        ({"suffix": 3}, "`suffix` 3: should be a valid string"),
        ({"out": 3}, "`out` 3: "),
        ({"colour": "red"}, "`colour`: no such setting"),
        ({"workers": 257}, "`workers`: out of range"),
        ({"batch_size": 0}, "`batch_size`: out of range"),
        ({"shard": "5/4"}, "`shard` 5/4: no such part"),
        ({"shard": "half"}, "`shard` 'half': not of the form i/n"),
        ({"shard": "1/2", "overwrite": True}, "`overwrite` with `shard` would remove the other shards' work"),
        ({"format": "coco"}, "`format` goes with `labels`"),
        ({"balance": "classes"}, "`balance` goes with `fraction` or `limit`"),
        ({"balance": "size", "limit": 3}, "`balance` 'size': should be 'classes'"),
        ({"only_classes": ","}, "`only_classes` ',': names no class"),
        ({"only_classes": '"car, red'}, "`only_classes` '\"car, red': a quotation mark has no other"),
        ({"suffix": "\n" * 100, "width": "\n" * 100}, "`width`"),
    ],
)
def test_what_cannot_be_used_is_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        AugmentOptions(**values)
    assert caught.value.message.startswith(message)
    assert caught.value.message.isprintable()
    assert caught.value.hint


def test_options_are_written_as_on_the_command_line() -> None:
    given: dict[str, Any] = {"labels": "coco.json", "out": "rainy", "shard": "2/4", "workers": "auto", "gate": "drop"}
    options = AugmentOptions(**given)
    assert (options.labels, options.output_folder()) == (Path("coco.json"), Path("rainy"))
    assert (options.shard, options.workers, options.gate) == (Shard(index=2, count=4), None, Gate.DROP)
    with pytest.raises(InputError, match="not given: `out`"):
        AugmentOptions().output_folder()


def test_the_record_has_an_order_and_can_be_read_back() -> None:
    options = AugmentOptions(strength=0.7, gate=Gate.FLAG, suffix="_r", out=Path("rainy"), workers=2)
    assert list(options.settings()) == [
        *("follow_links", "maps", "detail", "strength", "water", "water_only", "water_amounts", "horizon", "drops"),
        *("fraction", "limit", "split", "only_classes", "balance", "seed", "keep_originals", "suffix"),
        *("quality", "gate"),
        *("colour_classes", "pairs", "pairs_target", "max_pixels"),
    ]
    record = json.loads(json.dumps(options.settings()))
    again = AugmentOptions.from_settings({**record, "width": 640, "version": "1"})
    assert again == AugmentOptions(strength=0.7, gate=Gate.FLAG, suffix="_r")
    del record["colour_classes"]  # of a run before there were any
    assert AugmentOptions.from_settings(record) == again


def test_a_share_can_be_a_percentage() -> None:
    assert AugmentOptions(fraction="25%") == AugmentOptions(fraction=0.25)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="fraction"):
        AugmentOptions(fraction="101%")  # type: ignore[arg-type]


def test_a_choice_is_recorded_as_json_has_it() -> None:
    options = AugmentOptions(fraction=0.5, limit=3, split="train", only_classes="car, Bus", balance="classes")  # type: ignore[arg-type]
    record = options.settings()
    assert record == json.loads(json.dumps(record))
    assert record["only_classes"] == ["car", "Bus"]
    assert AugmentOptions.from_settings(record) == options


def test_a_share_that_was_chosen_in_the_way_of_before_is_refused() -> None:
    record = AugmentOptions(fraction=0.5).settings()
    del record["choice"]
    with pytest.raises(InputError, match="an older version of tpsence chose the share of this run") as caught:
        AugmentOptions.from_settings(record)
    assert caught.value.hint is not None
    assert "of a chain, give the command of tpsence run again" in caught.value.hint  # it makes the part anew itself


def test_a_run_of_before_that_translated_all_is_as_it_was() -> None:
    new = AugmentOptions().settings()
    old = {name: value for name, value in new.items() if name not in {"limit", "split", "only_classes", "balance"}}
    assert "choice" not in new
    assert all(new[name] is None for name in new.keys() - old.keys())  # so that it can be continued
    assert AugmentOptions.from_settings(old) == AugmentOptions()


@pytest.mark.parametrize("change", [{"strength": "strong"}, {"gate": 3}, {"strength": 9}, {"seed": None}])
def test_a_damaged_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"run\.json: damaged settings"):
        AugmentOptions.from_settings({**AugmentOptions().settings(), **change})
    with pytest.raises(InputError, match=r"run\.json: damaged settings"):
        AugmentOptions.from_settings({"strength": 1.0})


def test_the_engine_shapes_no_output() -> None:
    given: dict[str, Any] = {"engine": "ray", "address": "auto", "gpus_per_worker": 0.5, "workers": 3}
    options = AugmentOptions(**given)
    assert options.settings() == AugmentOptions().settings()
    assert options.resources() == Resources(**{**given, "engine": EngineName.RAY})
    with pytest.raises(InputError, match="`address` goes with `engine` ray"):
        AugmentOptions(address="auto")


def test_resources_are_those_of_the_options() -> None:
    assert AugmentOptions(device="cpu", batch_size=2, workers=0).resources() == Resources(
        device="cpu", batch_size=2, workers=0
    )


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", None), ("batch_size", 1), ("workers", None), ("workers", 0), ("workers", 256)]
)
def test_resources_at_the_edge_of_their_range_are_taken(name: str, value: int | None) -> None:
    resources = Resources(batch_size=value) if name == "batch_size" else Resources(workers=value)
    assert getattr(resources, name) == value


@pytest.mark.parametrize(("name", "value"), [("batch_size", 0), ("batch_size", -1), ("workers", -1), ("workers", 257)])
def test_resources_out_of_range_are_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"`{name}`: out of range"):
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
    heavy = ("torch", "numpy", "cv2", "PIL", "ray")
    program = f"import sys, pipeline.augment.options; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
