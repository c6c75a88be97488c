"""Settings of a training run: published defaults, strict types, ranges, contradictions, round trip."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.engine.resources import Precision
from pipeline.errors import ConfigError
from pipeline.train.config import SECTIONS, SETTINGS, OptimConfig, TrainConfig, meaning, shown, unknown_key
from pipeline.train.enums import Direction, DiscriminatorKind, GeneratorKind, SimilarityMeasure, Weighting
from tpsence.architectures import Affine, Resnet
from tpsence.errors import InputError

NAN, INF = float("nan"), float("inf")
HUGE = 16**6000

PUBLISHED: dict[str, dict[str, Any]] = {
    "data": {
        "width": 640,
        "crop": 256,
        "flip": True,
        "scales": [1.0, 1.0],
        "jitter": 0.0,
        "max_pixels": 100_000_000,
    },
    "model": {
        "generator": "resnet",
        "blocks": 9,
        "ngf": 64,
        "discriminator": "patch",
        "ndf": 64,
        "projection": 256,
        "init": None,
    },
    "loss": {
        "weighting": "semantic",
        "similarity": "mpa",
        "adversarial": 1.0,
        "tps": 1.0,
        "contrastive": 1.0,
        "identity": True,
        "reconstruction": 0.0,
        "paired": 0.0,
        "perceptual": 0.0,
        "layers": [0, 4, 8, 12, 16],
        "patches": 256,
        "temperature": 0.07,
        "epsilon": 1.0,
        "iterations": 50,
    },
    "optim": {
        "batch_size": 32,
        "accumulate": 1,
        "lr": 0.0002,
        "discriminator_lr": None,
        "beta1": 0.5,
        "beta2": 0.999,
        "epochs": 100,
        "decay_epochs": 100,
        "ema": 0.0,
    },
    "run": {
        "direction": "AtoB",
        "seed": 0,
        "precision": "auto",
        "compile": False,
        "log_every": 10,
        "save_every": 1000,
        "grid_every": 1000,
    },
    "domains": {
        "source": "clear",
        "target": "rain",
        "water": None,
        "light_only": False,
        "day_only": False,
        "training_data": None,
        "licence": None,
    },
}


def config_with(**values: Any) -> TrainConfig:  # noqa: ANN401 (of any setting)
    """Return the defaults with some values, keys written ``section__name``."""
    nested: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition("__")
        nested.setdefault(section, {})[name] = value
    return TrainConfig.from_dict(nested)


def refused(**values: Any) -> ConfigError:  # noqa: ANN401 (of any setting)
    """Return the error for some values."""
    with pytest.raises(ConfigError) as caught:
        config_with(**values)
    assert caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint
    return caught.value


def test_the_defaults_are_the_published_settings() -> None:
    assert TrainConfig().as_dict() == PUBLISHED
    assert TrainConfig.from_dict({}) == TrainConfig()


def test_values_have_their_types() -> None:
    config = TrainConfig()
    assert config.loss.weighting is Weighting.SEMANTIC
    assert config.loss.similarity is SimilarityMeasure.MPA
    assert config.model.generator is GeneratorKind.RESNET
    assert config.model.discriminator is DiscriminatorKind.PATCH
    assert config.run.direction is Direction.A_TO_B
    assert config.run.precision is Precision.AUTO
    assert config.loss.layers == (0, 4, 8, 12, 16)


def test_every_setting_has_one_line_of_meaning() -> None:
    assert list(SECTIONS) == list(PUBLISHED)
    assert list(SETTINGS) == [f"{section}.{name}" for section, values in PUBLISHED.items() for name in values]
    for key in SETTINGS:
        assert meaning(key).endswith(".")
        assert "\n" not in meaning(key)


def test_a_changed_config_survives_json() -> None:
    config = config_with(
        data__flip=False,
        loss__weighting="hard",
        loss__similarity="miou",
        loss__layers=(0, 3),
        run__direction="BtoA",
        run__precision="bf16",
        model__generator="affine",
        model__discriminator="features",
        data__crop=0,
        optim__discriminator_lr=1e-3,
        optim__lr=1e-5,
        optim__ema=0.999,
        domains__water="heavy",
        domains__licence="CC0-1.0",
    )
    assert TrainConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert config.as_dict()["loss"]["layers"] == [0, 3]
    assert config.as_dict()["loss"]["weighting"] == "hard"
    assert type(config.as_dict()["run"]["direction"]) is str


def test_a_config_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().optim.lr = 1.0
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().optim = OptimConfig()


EDGES = [
    ("data__width", 256, 15),
    ("data__width", 16384, 16385),
    ("data__crop", 24, 20),
    ("data__crop", 0, -4),
    ("data__crop", 640, 642),
    ("data__crop", 252, 254),
    ("data__max_pixels", 1, 0),
    ("model__blocks", 5, 0),
    ("model__ngf", 1, 0),
    ("model__ndf", 1, 0),
    ("model__projection", 1, 0),
    ("loss__adversarial", 0.0, -0.01),
    ("loss__tps", 0.0, -0.01),
    ("loss__contrastive", 0.0, -0.01),
    ("loss__paired", 0.0, -0.01),
    ("loss__perceptual", 0.0, -0.01),
    ("loss__paired", 1e9, INF),
    ("loss__perceptual", 1e9, NAN),
    ("loss__adversarial", 1e9, INF),
    ("loss__tps", 1e9, NAN),
    ("loss__layers", (0,), (-1,)),
    ("loss__layers", [0], []),
    ("loss__patches", 1, 0),
    ("loss__temperature", 1e-9, 0.0),
    ("loss__epsilon", 1e-9, 0.0),
    ("loss__epsilon", 9.0, INF),
    ("loss__iterations", 1, 0),
    ("optim__batch_size", 1, 0),
    ("optim__batch_size", 2**31 - 1, 2**31),
    ("optim__accumulate", 1, 0),
    ("optim__lr", 1e-9, 0.0),
    ("optim__lr", 1.0, NAN),
    ("optim__discriminator_lr", 1e-9, 0.0),
    ("optim__discriminator_lr", None, INF),
    ("optim__beta1", 0.0, -0.01),
    ("optim__beta1", 0.999999, 1.0),
    ("optim__beta2", 0.0, -0.01),
    ("optim__beta2", 0.999999, 1.0),
    ("optim__epochs", 0, -1),
    ("optim__epochs", 2**31 - 1, 2**31),
    ("optim__decay_epochs", 0, -1),
    ("optim__ema", 0.0, -0.01),
    ("optim__ema", 0.999999, 1.0),
    ("run__seed", 0, -1),
    ("run__seed", 2**32 - 1, 2**32),
    ("run__log_every", 1, 0),
    ("run__save_every", 1, 0),
    ("run__grid_every", 0, -1),
    ("domains__source", "x", ""),
    ("domains__target", "x", ""),
    ("domains__training_data", "x", ""),
    ("domains__licence", "x", ""),
]


@pytest.mark.parametrize(("name", "inside", "outside"), EDGES)
def test_ranges_end_where_they_should(name: str, inside: Any, outside: Any) -> None:  # noqa: ANN401 (of any setting)
    key = name.replace("__", ".")
    section, setting = name.split("__")
    taken = config_with(**{name: inside}).as_dict()[section][setting]
    assert taken == (list(inside) if isinstance(inside, tuple) else inside)
    assert refused(**{name: outside}).message.startswith(f"{key}: ")


@pytest.mark.parametrize("key", [key for key, field in SETTINGS.items() if type(field.default) is int])
@pytest.mark.parametrize("value", ["64", 64.0, True, None, [64], {"x": 64}])
def test_only_whole_numbers_are_whole_numbers(key: str, value: object) -> None:
    error = refused(**{key.replace(".", "__"): value})
    assert error.message == f"{key}: {value!r} should be a valid integer"
    assert error.hint == f"{meaning(key)} Default: {SETTINGS[key].default}."


@pytest.mark.parametrize("key", [key for key, field in SETTINGS.items() if type(field.default) is float])
@pytest.mark.parametrize("value", ["0.5", True, None, [0.5]])
def test_only_numbers_are_numbers(key: str, value: object) -> None:
    assert refused(**{key.replace(".", "__"): value}).message == f"{key}: {value!r} should be a valid number"


@pytest.mark.parametrize("key", ["loss.adversarial", "loss.temperature", "optim.lr"])
def test_a_whole_number_is_a_number(key: str) -> None:
    section, name = key.split(".")
    taken = config_with(**{f"{section}__{name}": 1}).as_dict()[section][name]
    assert taken == 1
    assert type(taken) is float


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("data__flip", 1, "data.flip: 1 should be a valid boolean"),
        ("data__flip", "yes", "data.flip: 'yes' should be a valid boolean"),
        ("run__compile", None, "run.compile: None should be a valid boolean"),
        ("loss__identity", 0, "loss.identity: 0 should be a valid boolean"),
        ("domains__target", 2024, "domains.target: 2024 should be a valid string"),
        ("domains__source", None, "domains.source: None should be a valid string"),
        ("loss__layers", 4, "loss.layers: 4 should be a valid tuple"),
        ("loss__layers", "048", "loss.layers: '048' should be a valid tuple"),
        ("loss__layers", {0, 4}, "loss.layers: {0, 4} should be a valid tuple"),
        ("loss__layers", [0, 4.0], "loss.layers: 4.0 should be a valid integer"),
        ("loss__layers", [True], "loss.layers: True should be a valid integer"),
        ("loss__weighting", "soft", "loss.weighting: 'soft' should be 'semantic', 'hard', 'easy' or 'none'"),
        ("loss__similarity", "iou", "loss.similarity: 'iou' should be 'mpa' or 'miou'"),
        ("loss__similarity", None, "loss.similarity: None should be 'mpa' or 'miou'"),
        ("run__direction", "atob", "run.direction: 'atob' should be 'AtoB' or 'BtoA'"),
        ("run__precision", "fp64", "run.precision: 'fp64' should be 'auto', 'fp32', 'bf16' or 'fp16'"),
        ("data__width", 8, "data.width: 8 should be greater than or equal to 16"),
        ("data__scales", (0.1, 1), "data.scales: 0.1 should be greater than or equal to 0.25"),
        ("data__jitter", 1.0, "data.jitter: 1.0 should be less than 1"),
        ("data__crop", 30, "data.crop: 30 should be a multiple of 4"),
        ("model__generator", "affin", "model.generator: 'affin' should be 'resnet' or 'affine'"),
        ("model__discriminator", None, "model.discriminator: None should be 'patch' or 'features'"),
        ("optim__discriminator_lr", "x", "optim.discriminator_lr: 'x' should be a valid number"),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_right(name: str, value: object, said: str) -> None:
    assert refused(**{name: value}).message == said


def test_a_number_too_long_to_print_is_refused() -> None:
    said = "optim.epochs: a huge int should be less than or equal to 2147483647"
    assert refused(optim__epochs=HUGE).message == said


@pytest.mark.parametrize("weighting", [None, "none", Weighting.NONE])
def test_none_is_a_weighting(weighting: object) -> None:
    assert config_with(loss__weighting=weighting).loss.weighting is Weighting.NONE


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"data__crop": 644},
            "data.crop and data.width: a crop of 644 does not fit into pictures of width 640",
        ),
        (
            {"data__crop": 20},
            "data.crop: 20 is less than 24, the least for the discriminator; 0 is whole frames",
        ),
        (
            {"data__crop": 0, "data__width": 250},
            "data.crop and data.width: whole frames need a width that is a multiple of 4, at least 24, not 250",
        ),
        (
            {"data__crop": 0, "data__width": 20},
            "data.crop and data.width: whole frames need a width that is a multiple of 4, at least 24, not 20",
        ),
        ({"data__scales": (1.2, 0.8)}, "data.scales: (1.2, 0.8) does not rise"),
        ({"loss__layers": (0, 8, 4)}, "loss.layers: (0, 8, 4) does not rise from each to the next"),
        ({"loss__layers": (0, 4, 4)}, "loss.layers: (0, 4, 4) does not rise from each to the next"),
        (
            {"loss__layers": (0, 21)},
            "loss.layers and model.blocks: layer 21 is not in the encoder, which ends at 20 with 9 blocks",
        ),
        (
            {"model__blocks": 4},
            "loss.layers and model.blocks: layer 16 is not in the encoder, which ends at 15 with 4 blocks",
        ),
        (
            {"optim__accumulate": 5},
            "optim.batch_size and optim.accumulate: 32 pictures do not divide into 5 equal parts",
        ),
        (
            {"optim__accumulate": 64},
            "optim.batch_size and optim.accumulate: 32 pictures do not divide into 64 equal parts",
        ),
        (
            {"optim__epochs": 0, "optim__decay_epochs": 0},
            "optim.epochs and optim.decay_epochs: both are 0, there is nothing to train",
        ),
        (
            {"loss__adversarial": 0, "loss__tps": 0, "loss__contrastive": 0},
            "loss.adversarial, loss.tps, loss.contrastive, loss.reconstruction, loss.paired and loss.perceptual: "
            "all are 0, there is nothing to learn",
        ),
    ],
)
def test_contradictions_are_refused_with_their_reason(values: dict[str, Any], said: str) -> None:
    assert refused(**values).message == said


@pytest.mark.parametrize(
    "values",
    [
        {"data__crop": 640},
        {"data__crop": 24, "data__width": 24},
        {"loss__layers": (20,)},
        {"model__blocks": 5},
        {"optim__accumulate": 32},
        {"optim__epochs": 0, "optim__decay_epochs": 1},
        {"optim__epochs": 1, "optim__decay_epochs": 0},
        {"loss__adversarial": 0, "loss__tps": 0},
        {"loss__adversarial": 0, "loss__contrastive": 0},
        {"loss__tps": 0, "loss__contrastive": 0},
        {"loss__adversarial": 0, "loss__tps": 0, "loss__contrastive": 0, "loss__reconstruction": 1},
        {"loss__adversarial": 0, "loss__tps": 0, "loss__contrastive": 0, "loss__paired": 1},
        {"loss__adversarial": 0, "loss__tps": 0, "loss__contrastive": 0, "loss__perceptual": 1},
        {"data__crop": 0, "data__width": 24},
        {"data__scales": (0.5, 0.5)},
    ],
)
def test_what_just_goes_together_is_taken(values: dict[str, Any]) -> None:
    config_with(**values)


@pytest.mark.parametrize(("kind", "architecture"), [("resnet", Resnet), ("affine", Affine)])
def test_the_settings_choose_the_generator(kind: str, architecture: type[Resnet]) -> None:
    chosen = config_with(model__generator=kind, model__blocks=6, model__ngf=3).model.architecture
    assert type(chosen) is architecture
    assert chosen.sizes() == {"blocks": 6, "ngf": 3}


@pytest.mark.parametrize(
    ("values", "discriminator", "maps", "targets", "features"),
    [
        ({}, True, True, False, False),
        ({"loss__adversarial": 0}, True, True, False, False),
        ({"loss__adversarial": 0, "loss__tps": 0}, False, True, False, False),
        ({"loss__weighting": "hard"}, True, False, False, False),
        ({"loss__contrastive": 0}, True, False, False, False),
        ({"loss__paired": 0.1}, True, True, True, False),
        ({"loss__perceptual": 0.1}, True, True, True, True),
        ({"model__discriminator": "features"}, True, True, False, True),
        ({"model__discriminator": "features", "loss__tps": 0, "loss__adversarial": 0}, False, True, False, False),
    ],
)
def test_what_the_losses_ask_for(
    values: dict[str, Any], discriminator: bool, maps: bool, targets: bool, features: bool
) -> None:
    config = config_with(**values)
    loss = config.loss
    assert (loss.asks_discriminator, loss.asks_maps, loss.asks_targets) == (discriminator, maps, targets)
    assert config.asks_features is features


def test_contradictions_are_also_seen_without_a_preset() -> None:
    with pytest.raises(ValidationError, match="nothing to train"):
        TrainConfig(optim=OptimConfig(epochs=0, decay_epochs=0))


def test_the_first_mistake_is_named_and_the_others_counted() -> None:
    assert refused(optim__lr="x", data__crop="z", loss__layers=[0.5, 0.25]).message == (
        "data.crop: 'z' should be a valid integer (and 2 more)"
    )
    assert refused(data__crop=800, loss__layers=(99,), optim__accumulate=7).message.endswith("width 640 (and 2 more)")
    assert refused(data__crop=800, loss__layers=(99,)).message.endswith("width 640 (and 1 more)")
    assert "more)" not in refused(data__crop=800).message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"optim": {"learning_rate": 1}}, "unknown key 'optim.learning_rate'"),
        ({"helper": 3}, "unknown key 'helper'"),
        ({"optim": {1: 2}}, "unknown key 'optim.1'"),
        ({"optim": {"lr\n": 2}}, r"unknown key 'optim.lr\n'"),
        ({"optim": 3}, "optim: a section, no setting"),
        ({"optim": None}, "optim: a section, no setting"),
        ([], "the settings are not sections with settings"),
        (None, "the settings are not sections with settings"),
    ],
)
def test_damaged_structure_is_refused(values: Any, said: str) -> None:  # noqa: ANN401 (of any shape)
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_dict(values)
    assert caught.value.message == said
    assert caught.value.hint
    assert isinstance(caught.value, InputError)


def test_the_file_is_blamed_for_its_own_keys_only() -> None:
    values = {"optim": {"lr": "x"}}
    with pytest.raises(ConfigError, match=r"^mine\.py: optim\.lr: 'x'"):
        TrainConfig.from_dict(values, where="mine.py", elsewhere=["optim.beta1"])
    with pytest.raises(ConfigError, match=r"^optim\.lr: 'x'"):
        TrainConfig.from_dict(values, where="mine.py", elsewhere=["optim.lr"])
    contradiction = {"data": {"crop": 800}}
    with pytest.raises(ConfigError, match=r"^mine\.py: data\.crop and"):
        TrainConfig.from_dict(contradiction, where="mine.py")
    with pytest.raises(ConfigError, match=r"^data\.crop and"):
        TrainConfig.from_dict(contradiction, where="mine.py", elsewhere=["optim.lr"])


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("lr", "optim.lr"),
        ("LR", "optim.lr"),
        ("learning_rate", "optim.lr"),
        ("optim.learning_rate", "optim.lr"),
        ("optim.lr.x", "optim.lr"),
        ("optmi.lr", "optim.lr"),
        ("optim_lr", "optim.lr"),
        ("bs", "optim.batch_size"),
        ("batchsize", "optim.batch_size"),
        ("optim.epoch", "optim.epochs"),
        ("optim.blocks", "model.blocks"),
        ("n_blocks", "model.blocks"),
        ("loss.temprature", "loss.temperature"),
        ("domains.license", "domains.licence"),
        ("width", "data.width"),
    ],
)
def test_an_unknown_key_finds_the_nearest(key: str, meant: str) -> None:
    message, hint = unknown_key(key)
    assert message == f"unknown key {key!r}"
    assert hint == f"The nearest is {meant}: {meaning(meant)}"


@pytest.mark.parametrize("key", ["", ".", "zzz.qqq", "optim._delete_", "filename", "\ud800", "q" * 100_000])
def test_a_key_like_no_other_finds_the_sections(key: str) -> None:
    assert unknown_key(key)[1] == "Keys are section.name; the sections are data, model, loss, optim, run, domains."


def test_a_section_finds_its_settings() -> None:
    message, hint = unknown_key("model")
    assert message == "model: a section, no setting"
    assert hint == (
        "Its settings are model.generator, model.blocks, model.ngf, model.discriminator, model.ndf, model.projection, "
        "model.init."
    )


def test_values_are_shown_short_and_on_one_line() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "a\nb" + "c" * 1000

    assert shown("a\nb") == r"'a\nb'"
    assert shown(Odd()).startswith("a b")
    for value in ("x" * 1000, Odd(), list(range(1000)), {str(i): i for i in range(1000)}, [[[[[[[[0]]]]]]]]):
        assert len(shown(value)) <= 100
    assert shown(HUGE) == "a huge int"


def test_the_words_are_quick_to_import() -> None:
    names = "('torch', 'numpy', 'cv2', 'PIL', 'mmengine', 'pydantic')"
    program = f"import sys, pipeline.train.enums; print([n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_schema_and_presets_need_no_torch() -> None:
    program = (
        "import sys, pipeline.train.presets as p; light = 'mmengine' not in sys.modules; p.load_config('tiny');"
        "print(light, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True False"
