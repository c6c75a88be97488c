"""A new label format is an entry of the registry: the rest of the program knows it from there."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.labels import registry
from pipeline.labels.registry import chosen_format, format_help, label_extensions, labels_help, open_labels
from tests.conftest import ROOT
from tests.pipeline.labels.label_sets import names, put
from tests.pipeline.labels.toy_format import TOY
from tpsence.errors import InputError


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data set of the toy format, which the registry knows."""
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, TOY))
    return put(tmp_path / "set", {"x.toy": b"a.jpg", "a.jpg": b"x"})


def test_help_and_messages_name_it(toy: Path) -> None:
    assert format_help() == "Label format: auto, coco, yolo, voc, scalabel or toy."
    assert labels_help().endswith(", a folder of VOC XML, or a folder of toys")
    with pytest.raises(InputError, match="'kitti': not known") as caught:
        chosen_format("kitti")
    assert caught.value.hint == "Give auto, coco, yolo, voc, scalabel or toy."
    with pytest.raises(LabelError, match="no labels found") as nothing:
        open_labels(put(toy / "empty", {"a.jpg": b"x"}), None, None)
    assert "a folder of toys" in str(nothing.value.hint)


@pytest.mark.parametrize("setting", ["auto", "toy"])
def test_it_is_recognised_and_chosen(toy: Path, setting: str) -> None:
    labels = open_labels(toy, None, chosen_format(setting))
    assert labels.format == "toy"
    assert names(labels) == ["a.jpg"]


def test_it_counts_where_formats_compete(toy: Path) -> None:
    put(toy, {"a.txt": b"0 .5 .5 .1 .1\n"})
    with pytest.raises(LabelError, match=r"\(yolo\) and set \(toy\)"):
        open_labels(toy, None, None)
    assert open_labels(toy, None, "toy").format == "toy"


def test_usual_names_count_before_content(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(TOY, find=lambda place: place.path / "toys" if (place.path / "toys").is_dir() else None)
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, found))
    put(toy, {"a.txt": b"0 .5 .5 .1 .1\n", "toys/y.toy": b"b.jpg"})
    assert names(open_labels(toy, None, None)) == ["b.jpg"]


def test_one_that_is_a_json_file_is_named_with_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    json_toy = replace(TOY, given_as=(), json_top="'toys'", recognise=lambda place: place.tree == {"toys": []})
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, json_toy))
    assert labels_help().startswith("COCO, Scalabel or Toy JSON, a data.yaml")
    put(tmp_path, {"x.json": b'{"toys": []}', "y.json": b"{}", "z.json": b"{"})
    with pytest.raises(LabelError, match="toy labels are a folder"):  # so it is this entry that opens the file
        open_labels(tmp_path / "x.json", None, None)
    with pytest.raises(LabelError, match=r"neither COCO \('images'\) nor .* nor Toy \('toys'\)"):
        open_labels(tmp_path / "y.json", None, None)
    with pytest.raises(LabelError, match="not valid JSON"):
        open_labels(tmp_path / "z.json", None, None)


def test_its_files_count_for_a_chain(toy: Path) -> None:
    assert ".toy" in label_extensions()


@pytest.mark.parametrize("command", ["augment", "run"])
def test_the_command_line_offers_it(command: str) -> None:
    code = (
        "import sys; sys.argv = ['tpsence', sys.argv[1], '--help']\n"
        "from pipeline.labels import registry\n"
        "from tests.pipeline.labels.toy_format import TOY\n"
        "registry.FORMATS += (TOY,)\n"
        "from cli.main import main\n"
        "main()\n"
    )
    environment = {**os.environ, "COLUMNS": "300", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, "-c", code, command], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    assert "auto, coco, yolo, voc, scalabel or toy." in ran.stdout.decode()
    assert "a folder of VOC XML, or a folder of toys." in ran.stdout.decode()
