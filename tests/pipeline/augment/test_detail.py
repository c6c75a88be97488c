"""How the change comes back: what the weights say where nobody said, what is told, and what is recorded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.augment.finished import finished_run
from pipeline.augment.job import augment
from pipeline.augment.options import AugmentOptions
from pipeline.effects.detail import Detail, usual_detail
from pipeline.engine.events import Finished
from pipeline.engine.schema import help_of
from pipeline.report.gather.command import command_of
from pipeline.weights.packaged import RAIN
from tests.pipeline.augment.wet_set import WetSet, data_of, make_wet_set
from tpsence.architectures import Affine, Architecture, Resnet
from tpsence.metadata import GeneratorMetadata
from tpsence.networks.generator import init_xavier
from tpsence.weights import generator_bytes, load_generator

KINDS = pytest.mark.parametrize(("kind", "usual"), [(Affine, Detail.LIGHT), (Resnet, Detail.RESIDUAL)])


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    return make_wet_set(tmp_path / "data", lane=False)


Augmented = Callable[..., Path]


@pytest.fixture
def augmented(wet: WetSet, tmp_path: Path) -> Augmented:
    """Return a function that translates the small data set with weights of an architecture, and returns the folder."""

    def run(kind: type[Resnet], out: str, **told: Any) -> Path:  # noqa: ANN401 (of any option)
        weights = tmp_path / f"{kind.name}.safetensors"
        if not weights.exists():
            architecture: Architecture = kind(blocks=4, ngf=4)
            network = architecture.build()
            init_xavier(network, gain=0.3, generator=torch.Generator().manual_seed(0))
            weights.write_bytes(generator_bytes(network, GeneratorMetadata(architecture=architecture, width=48)))
        given: dict[str, Any] = {"weights": str(weights), "workers": 0, "device": "cpu", **told}
        *_, last = augment(AugmentOptions(labels=wet.labels, out=tmp_path / out, **given))
        assert isinstance(last, Finished)
        assert last.summary["complete"]
        return tmp_path / out

    return run


def recorded(out: Path) -> str:
    return str(json.loads((out / "run.json").read_text())["settings"]["detail"])


@KINDS
def test_where_nobody_said_the_architecture_says(kind: type[Resnet], usual: Detail, augmented: Augmented) -> None:
    unsaid, said = augmented(kind, "unsaid"), augmented(kind, "said", detail=usual)
    assert recorded(unsaid) == recorded(said) == usual.value
    assert data_of(unsaid) == data_of(said)


@KINDS
@pytest.mark.parametrize("told", Detail)
def test_what_is_told_counts(kind: type[Resnet], usual: Detail, told: Detail, augmented: Augmented) -> None:
    unsaid, said = augmented(kind, "unsaid"), augmented(kind, "said", detail=told)
    assert recorded(said) == told.value
    assert (data_of(unsaid) == data_of(said)) is (told is usual)


def test_a_run_goes_on_whether_the_usual_is_told_or_not(augmented: Augmented) -> None:
    before = data_of(augmented(Affine, "out"))
    assert data_of(augmented(Affine, "out", detail=Detail.LIGHT)) == before
    assert data_of(augmented(Affine, "out")) == before


@KINDS
def test_the_command_of_a_report_names_what_is_not_usual(
    kind: type[Resnet], usual: Detail, augmented: Augmented
) -> None:
    other = Detail.RESIDUAL if usual is Detail.LIGHT else Detail.LIGHT
    for name, told, named in (("unsaid", None, False), ("said", usual, False), ("other", other, True)):
        command = command_of(finished_run(augmented(kind, name, detail=told)))
        assert command is not None
        assert (f"--detail {other.value}" in " ".join(command.lines)) is named
        assert ("--detail" in " ".join(command.lines)) is named


def test_a_run_of_water_alone_is_opened_again(wet: WetSet, tmp_path: Path) -> None:
    given: dict[str, Any] = {"labels": wet.labels, "maps": wet.maps, "workers": 0, "water_only": True}
    list(augment(AugmentOptions(out=tmp_path / "out", **given)))
    assert recorded(tmp_path / "out") == "residual"  # as it was before there was another
    command = command_of(finished_run(tmp_path / "out"))
    assert command is not None
    assert "--detail" not in " ".join(command.lines)


def test_what_is_usual_without_a_generator() -> None:
    assert usual_detail(None) is Detail.RESIDUAL


def test_weights_of_any_architecture_can_say_that_they_are_for_the_light() -> None:
    assert usual_detail(Resnet(blocks=4, ngf=4), light_only=True) is Detail.LIGHT


def test_the_packaged_rain_gives_a_light() -> None:
    assert usual_detail(load_generator(RAIN.path).metadata.architecture) is Detail.LIGHT


def test_the_help_names_them_all_and_says_when_which() -> None:
    text = help_of(AugmentOptions.model_fields["detail"])
    assert all(f"{detail.value}:" in text for detail in Detail)
    assert "Default: light for weights that give a light" in text
    assert text.rstrip().endswith("else residual.")
