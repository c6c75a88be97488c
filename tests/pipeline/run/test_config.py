"""A chain's settings: sections that derive from the schemas of the commands, files, and what ``run.json`` records."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.effects.water_options import WaterAmounts, WaterLevel
from pipeline.engine.command_line import command_line
from pipeline.engine.resources import EngineName, Resources
from pipeline.errors import ConfigError
from pipeline.gate.options import Gate
from pipeline.run.config import AugmentSection, ChainConfig, SegmentSection
from pipeline.run.enums import StageName
from pipeline.run.settings_file import load_chain
from pipeline.train.presets import load_config
from tpsence.errors import InputError

PLACES: dict[str, Any] = {"clear": Path("sun"), "rainy": Path("rain"), "out": Path("out")}


def test_the_sections_are_what_a_chain_can_set() -> None:
    assert list(SegmentSection.model_fields) == ["model", "weights", "scheme", "whole"]
    assert list(AugmentSection.model_fields) == [
        *("follow_links", "maps", "width", "detail", "strength", "water", "water_amounts", "horizon", "drops"),
        *("fraction", "limit", "split", "only_classes", "balance", "copies", "keep_originals", "suffix", "quality"),
        "gate",
        *("colour_classes", "max_flagged", "pairs", "pairs_target"),
    ]


def test_the_record_has_an_order_and_only_what_a_file_says() -> None:
    config = ChainConfig(**PLACES, strict=True, begin_from=StageName.TRAIN)
    record = config.as_dict()
    assert list(record) == [
        *("clear", "rainy", "out", "labels", "images", "format", "preset", "train", "segment", "augment", "seed"),
        *("max_pixels", "precision", "device", "workers", "batch_size"),
    ]
    assert record["segment"] == {"model": None, "weights": None, "scheme": None, "whole": False}
    assert record["augment"]["gate"] == "off"
    assert ChainConfig(**record) == ChainConfig(**PLACES)


def test_the_commands_get_their_options() -> None:
    given: dict[str, Any] = {
        **{"labels": "coco.json", "segment": {"model": "road-lite", "whole": True}, "augment": {"strength": 0.5}},
        **{"seed": 3, "max_pixels": 99, "device": "cpu", "workers": 0, "batch_size": "auto", "strict": True},
    }
    config = ChainConfig(**PLACES, **given)
    augment, segment = config.augment_options(), config.segment_options()
    assert augment == AugmentOptions(
        labels=Path("coco.json"), strength=0.5, seed=3, max_pixels=99, device="cpu", workers=0, strict=True
    )
    assert (segment.model, segment.whole, segment.max_pixels, segment.strict) == ("road-lite", True, 99, True)
    assert segment.resources() == augment.resources() == config.resources()


def test_the_engine_is_that_of_label_maps_and_translation_and_not_recorded() -> None:
    told: dict[str, Any] = {"engine": "ray", "address": "auto", "gpus_per_worker": 0.5}
    config = ChainConfig(**PLACES, **told)
    assert config.as_dict() == ChainConfig(**PLACES).as_dict()
    assert command_line("tpsence run", config).words == command_line("tpsence run", ChainConfig(**PLACES)).words
    wanted = Resources(**{**told, "engine": EngineName.RAY})
    assert config.augment_options().resources() == config.segment_options().resources() == wanted
    with pytest.raises(InputError, match="`gpus_per_worker` goes with `engine` ray"):
        ChainConfig(**PLACES, gpus_per_worker=1)


def test_a_choice_is_written_as_a_text_or_a_list() -> None:
    for classes in ("car, bus", ["car", "bus"]):
        section = {"split": "train", "only_classes": classes, "balance": "classes", "limit": 5}
        config = ChainConfig(**PLACES, augment=section)  # type: ignore[arg-type]
        options = config.augment_options()
        assert (options.split, options.only_classes, options.limit) == ("train", ("car", "bus"), 5)
        assert ChainConfig(**json.loads(json.dumps(config.as_dict()))) == config


def test_the_usual_preset_of_a_chain_wants_no_targets() -> None:
    """Its data are a folder of clear and one of rainy pictures."""
    assert not load_config(ChainConfig(**PLACES).preset).loss.asks_targets


def test_without_labels_their_format_has_no_use() -> None:
    assert ChainConfig(**PLACES, images=Path("images"), format="yolo").augment_options().format == "auto"


def test_off_is_a_word_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text("{clear: a, rainy: b, out: c, augment: {gate: off}, workers: auto}")
    config = load_chain(file, {"augment.suffix": "_r", "strict": True})
    assert (config.augment.gate, config.augment.suffix) == (Gate.OFF, "_r")
    assert (config.clear, config.workers, config.strict) == (tmp_path / "a", None, True)


def test_water_stands_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "chain.yaml"
    water = "{water: heavy, water_amounts: {wet_ground: 0.8, drops: 0}, horizon: 0.4, drops: 5%, maps: my/maps}"
    file.write_text(f"clear: a\nrainy: b\nout: c\naugment: {water}\n")
    options = load_chain(file, {"augment.water": WaterLevel.LIGHT}).augment_options()
    assert options.water is WaterLevel.LIGHT
    assert options.amounts() == WaterAmounts(wet_ground=0.8, drops=0)
    assert (options.horizon, options.drops, options.maps) == (0.4, 0.05, tmp_path / "my/maps")
    config = ChainConfig.model_validate(load_chain(file, {}).as_dict())
    assert config == load_chain(file, {})
    words = command_line("tpsence run", config)
    assert words.words[-2:] == ["--water", "heavy"]
    assert "augment.water_amounts: {'wet_ground': 0.8, 'drops': 0.0}" in words.elsewhere


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"water_amounts": {"fog": 1}}, "`set` water.fog: no such setting"),
        ({"water_amounts": {"haze": 3}}, "`set` water.haze=3.0: out of range"),
        ({"horizon": 1}, "`horizon`: out of range"),
        ({"pairs_target": "clean"}, "`pairs_target` goes with `pairs`"),
    ],
)
def test_water_that_cannot_be_is_refused(section: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ChainConfig.model_validate({**PLACES, "augment": section}).augment_options()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "augment: {water: wet}",
            "{file}: augment.water: Input should be 'none', 'light', 'moderate' or 'heavy', a range such as "
            "light..heavy, or several such as light,heavy",
        ),
        ("augment: {strength: 1.2..0.6}", "{file}: augment.strength: Input should go from the least to the most"),
        ("augment: {water_only: true}", "{file}: augment.water_only: no such key"),
        ("strict: true", "{file}: strict: no such key"),
        ("begin_from: train", "{file}: begin_from: no such key"),
        ("engine: ray", "{file}: engine: no such key"),
        ("augment: {seed: 1}", "{file}: augment.seed: no such key"),
        ("augment: {out: x}", "{file}: augment.out: no such key"),
        ("segment: {images: x}", "{file}: segment.images: no such key"),
        ("augment: {strength: .nan}", "{file}: augment.strength: Input should be a finite number"),
        ("augment: {gate: maybe}", "{file}: augment.gate: Input should be 'off', 'flag' or 'drop'"),
        ("workers: many", "{file}: workers: Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(f"clear: a\nrainy: b\nout: c\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_chain(file, {})
    assert caught.value.message == message.format(file=file)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "not given: `clear`, `rainy`, `out`"),
        ({**PLACES, "seed": "x"}, "seed: Input should be a valid integer"),
        ({**PLACES, "colour": "red"}, "colour: no such key"),
        ({**PLACES, "workers": 999}, "`workers`: out of range"),
    ],
)
def test_values_from_python_that_cannot_be_used_are_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        ChainConfig(**values)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_ranges_are_those_of_the_commands() -> None:
    sections: dict[str, Any] = {"augment": {"strength": 9}, "segment": {"scheme": "mine"}}
    config = ChainConfig(**PLACES, **sections)
    with pytest.raises(InputError, match="`strength`: out of range"):
        config.augment_options()
    with pytest.raises(InputError, match="`scheme` 'mine': not known"):
        config.segment_options()


@pytest.mark.parametrize("name", ["rain", "tiny", "road-lite"])
def test_what_lies_beside_the_file_takes_no_name_away_from_the_package(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    settings = {"preset": "tiny", "train": {"model.init": "rain"}, "segment": {"model": "road-lite"}}
    file = tmp_path / "chain.yaml"
    file.write_text(json.dumps({"clear": "a", "rainy": "b", "out": "c", **settings}))
    config = load_chain(file, {})
    assert (config.preset, config.train, config.segment.model) == ("tiny", {"model.init": "rain"}, "road-lite")
    others = {"preset": "./tiny.py", "train": {"model.init": "./rain"}, "segment": {"model": "road-lite.py"}}
    file.write_text(json.dumps({"clear": "a", "rainy": "b", "out": "c", **others}))
    config = load_chain(file, {})
    assert (config.preset, config.segment.model) == (str(tmp_path / "tiny.py"), str(tmp_path / "road-lite.py"))
    assert config.train == {"model.init": str(tmp_path / "rain")}
