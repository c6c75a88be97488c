"""What is compared, and the command for each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.preview.columns import Column, columns_of
from pipeline.preview.options import PreviewOptions
from pipeline.preview.source import open_source
from tests.conftest import Painter


@pytest.fixture
def picture(tmp_path: Path, paint: Painter, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture in the folder that is worked in."""
    paint(tmp_path / "photos" / "a.jpg")
    monkeypatch.chdir(tmp_path)
    return Path("photos/a.jpg")


def columns(source: Path, wanted: Sequence[str | None] = ("moderate",), **settings: Any) -> list[Column]:  # noqa: ANN401
    options = PreviewOptions(source=source, **settings)
    return columns_of(options, open_source(options), wanted)


@pytest.mark.parametrize(
    ("wanted", "captions"),
    [
        ("moderate", ["light rain", "moderate rain (default)", "heavy rain"]),
        ("light", ["light rain (default)", "heavy rain"]),
        ("heavy", ["light rain", "heavy rain (default)"]),
        (None, ["no water (default)", "light rain", "heavy rain"]),
    ],
)
def test_by_default_it_rains_as_the_weights_want_and_less_and_more(
    picture: Path, wanted: str | None, captions: list[str]
) -> None:
    made = columns(picture, [wanted])
    assert [one.caption for one in made] == captions
    assert [one.words == "" for one in made] == ["default" in caption for caption in captions]


def test_every_combination_is_there_in_order(picture: Path) -> None:
    made = columns(picture, ["light", None], weights="rain,runs/night", strengths="0.5,1", water="none,heavy")
    assert [one.words for one in made] == [
        "--strength 0.5 --water none",
        "--strength 0.5 --water heavy",
        "--water none",
        "--water heavy",
        "--weights runs/night --strength 0.5 --water none",
        "--weights runs/night --strength 0.5 --water heavy",
        "--weights runs/night --water none",
        "--weights runs/night --water heavy",
    ]
    assert made[0].caption == "rain, no water, strength 0.5"
    assert made[-1].caption == "night, heavy rain, strength 1"
    assert [one.weights for one in made] == [0] * 4 + [1] * 4
    assert len({one.options.out for one in made}) == 8


def test_where_something_else_is_compared_it_rains_as_the_weights_want(picture: Path) -> None:
    assert [one.words for one in columns(picture, strengths="0.5,1.5")] == ["--strength 0.5", "--strength 1.5"]
    two = columns(picture, ["moderate", None], weights=["a/rain.pth", "b/rain.pth"])
    assert [one.caption for one in two] == ["a/rain.pth, moderate rain", "b/rain.pth, no water"]


def test_the_command_has_what_was_told(picture: Path) -> None:
    (made,) = columns(picture, water="heavy", seed=4, width=320, device="cpu", max_pixels=5_000)
    options = made.options
    assert (options.images, options.labels, options.out) == (picture, None, Path("rainy-heavy"))
    assert (options.seed, options.width, options.device, options.max_pixels) == (4, 320, "cpu", 5_000)


def test_water_alone_is_compared_without_a_generator(picture: Path) -> None:
    made = columns(picture, [None], water_only=True)
    assert [one.caption for one in made] == ["light rain", "moderate rain (default)", "heavy rain"]
    assert [one.words for one in made] == [
        "--water light --water-only",
        "--water-only",
        "--water heavy --water-only",
    ]


def test_the_command_writes_outside_of_what_it_reads(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {one.options.out for one in columns(picture, water="light")} == {Path("rainy-light")}
    monkeypatch.chdir("photos")
    assert {one.options.out for one in columns(Path(), water="light")} == {Path("../rainy-light")}
    assert {one.options.out for one in columns(Path("a.jpg"), water="light")} == {Path("rainy-light")}
