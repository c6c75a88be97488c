"""``tpsence preview`` as it is typed."""

import json
import shlex
import webbrowser
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import CocoSet, Run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in a browser."""
    addresses: list[str] = []

    def open_address(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", open_address)
    return addresses


def test_without_arguments_it_shows_its_help(tpsence: Run) -> None:
    ran = tpsence("preview")
    assert ran.code == 2
    assert "Show a few pictures in rain side by side" in ran.out + ran.err
    assert "--strengths" in ran.out + ran.err
    assert ran.err.endswith("error: not given: SOURCE\nhint: For example tpsence preview photo.jpg --open\n")


def test_it_writes_a_page_and_says_where(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--weights", tiny_weights, "--water", "none", "--number", "2", "--device", "cpu"]
    ran = tpsence("preview", coco.labels, *words)
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert "2 pictures of 6 under 1 setting, on cpu, fp32" in ran.err
    assert ran.err.splitlines()[-2:] == ["page: preview/preview.html", "sheet: preview/preview.png"]
    assert (tmp_path / "preview" / "preview.html").is_file()


def test_json_has_what_was_made_and_the_command_makes_it(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--weights", tiny_weights, "--water", "none", "--strengths", "0.5,1.5", "--number", "6", "--width", "32"]
    ran = tpsence("preview", coco.labels, *words, "--device", "cpu", "--json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json["columns"][0]) == ["caption", "weights", "strength", "water", "command"]
    for column in ran.json["columns"]:
        done = tpsence(*column["command"][1:], "--no-report", "--quiet")
        assert done.code == 0, done.err
    made = [_pixels(tmp_path / f"rainy-{strength}-none" / "images" / "b.png") for strength in ("0.5", "1.5")]
    before = _pixels(coco.folder / "images" / "b.png")
    less, more = (np.abs(one.astype(int) - before).mean() for one in made)
    assert 0 < less < more


def test_the_page_has_the_command_as_it_is_typed(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(coco.folder)
    ran = tpsence("preview", ".", "--weights", tiny_weights, "--water", "none", "--json", "--out", tmp_path / "x.html")
    assert ran.code == 0, ran.err
    page = (tmp_path / "x.html").read_text().replace("&#39;", "'")
    text = page.partition('id="command-text-1"')[2].partition("<code>")[2].partition("</code>")[0]
    assert shlex.split(text.replace("\\\n", " ")) == ran.json["columns"][0]["command"]
    assert ran.json["columns"][0]["command"][:6] == [
        "tpsence",
        "augment",
        "--out",
        "rainy-none",
        "--labels",
        "coco.json",
    ]


def test_it_opens_the_page_in_the_browser(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, opened: list[str]
) -> None:
    ran = tpsence(
        "preview", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "a b", "--water", "none", "--open"
    )
    assert ran.code == 0, ran.err
    assert opened == [(tmp_path / "a b" / "preview.html").as_uri()]


def test_where_there_is_no_browser_it_says_where_the_page_is(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    ran = tpsence("preview", coco.labels, "--weights", tiny_weights, "--out", tmp_path, "--water", "none", "--open")
    assert ran.code == 0, ran.err
    assert f"no browser found: open {tmp_path / 'preview.html'}" in ran.err


def test_a_bad_picture_is_told_and_the_exit_code_says_so(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path
) -> None:
    (coco.folder / "images" / "a.jpg").write_bytes(b"")
    words = ["--weights", tiny_weights, "--out", tmp_path / "looks", "--water", "none", "--number", "6"]
    ran = tpsence("preview", coco.labels, *words)
    assert ran.code == 3
    assert "a.jpg: unsupported format, the file is empty" in ran.err


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["{tmp}/none.jpg"], "none.jpg: no such file or folder", "Give a picture"),
        (["{labels}", "--strengths", "2"], "--strengths: out of range", "0 to 1.5"),
        (["{labels}", "--water", "wet"], "--water 'wet': not a level", "none, light"),
        (["{labels}", "--number", "0"], "--number: out of range", "1 to 50"),
        (["{labels}", "--weights", "{tmp}/no.pth"], "no.pth: no such file", ""),
        (["{labels}", "--out", "{data}/images/looks"], "is inside the input", "--out"),
        (["{labels}", "--device", "tpu"], "--device tpu: not a device", ""),
        (["{labels}", "--water-only", "--strengths", "1"], "--strengths is the generator's", "--water-only"),
        (["{data}/images/a.jpg", "--format", "coco"], "a.jpg: a picture", "--images and --format"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_with_a_hint(
    tpsence: Run,
    coco: CocoSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
    hint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tpsence("preview", *(word.format(tmp=tmp_path, labels=coco.labels, data=coco.folder) for word in words))
    assert ran.code == 2, ran.err
    first, second = ran.err.strip().splitlines()
    assert message in first
    assert hint in second
    assert not (tmp_path / "preview").exists()


def test_what_somebody_else_has_written_is_not_replaced(tpsence: Run, coco: CocoSet, tmp_path: Path) -> None:
    (tmp_path / "preview.html").write_text("mine")
    ran = tpsence("preview", coco.labels, "--out", tmp_path)
    assert ran.code == 2
    assert "preview.html: not written by tpsence preview" in ran.err
    assert (tmp_path / "preview.html").read_text() == "mine"


def test_its_summary_can_be_read_back(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    photo = paint(tmp_path / "photo.jpg")
    ran = tpsence("preview", photo, "--weights", tiny_weights, "--water", "none", "--out", tmp_path / "looks", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["pictures"], told["of_pictures"], told["format"]) == (["photo.jpg"], 1, "none")
    assert told["columns"][0]["command"][4:6] == ["--images", str(photo)]


def _pixels(file: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))
