"""The output's ``data.yaml`` leads to its own pictures from any working folder, also where it was moved or copied."""

import glob
import os
import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.labels.copies import Copies
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import names, put

BOX = b"0 0.5 0.5 0.25 0.25\n"
SPLITS = "train: images/train\nval: images/val\nnames: [car]\n"


def pictures(folder: str = "") -> dict[str, bytes]:
    """A data set without its data.yaml."""
    stems = ("train/a", "val/b")
    return {
        **{f"{folder}images/{stem}.jpg": b"x" for stem in stems},
        **{f"{folder}labels/{stem}.txt": BOX for stem in stems},
    }


def trained_on(file: Path, datasets: Path) -> list[Path]:
    """The pictures that ultralytics 8.4 takes: ``check_det_dataset`` and ``get_img_files``, the rule alone.

    Args:
        file: The data.yaml, as it is given.
        datasets: Its folder of all data sets.
    """
    content = yaml.safe_load(file.read_text())
    path = Path(content.get("path") or file.parent)
    if not path.exists() and not path.is_absolute():
        path = datasets / path
    found: list[Path] = []
    for split in ("train", "val"):
        entries = content[split] if isinstance(content[split], list) else [content[split]]
        for entry in entries:
            place = (path / entry).resolve()
            if not place.exists() and entry.startswith("../"):
                place = (path / entry[3:]).resolve()
            if place.is_file():
                lines = place.read_text().split()
                found += [Path(one.replace("./", f"{place.parent}/") if one.startswith("./") else one) for one in lines]
            else:
                found += [Path(one) for one in glob.glob(f"{place}/**/*.*", recursive=True)]  # noqa: PTH207
    assert all(one.is_file() for one in found), content
    return [one.resolve() for one in found]


SETS = {
    "no path": (SPLITS, pictures()),
    "empty path": ("path:\n" + SPLITS, pictures()),
    "here": ("path: . # here\n" + SPLITS, pictures()),
    "among the data sets": ("path: mine\n" + SPLITS, pictures()),
    "beside the trainer": ("path: ../datasets/mine\n" + SPLITS, pictures()),
    "absolute": ("path: @SET@\n" + SPLITS, pictures()),
    "absolute, of another computer": ("path: /home/me/mine\n" + SPLITS, pictures()),
    "below": ("path: mine\n" + SPLITS, pictures("mine/")),
    "below and out of it": ("path: images\ntrain: train\nval: ../images/val\n", pictures()),
    "absolute splits": ("train: @SET@/images/train\nval: ['@SET@/images/val']\n", pictures()),
    "an export's quirk": ("train: ../images/train\nval: ../images/val\n", pictures()),
    "lists": (
        "path: .\ntrain: train.txt\nval: lists/val.txt\n",
        {**pictures(), "train.txt": b"@SET@/images/train/a.jpg\n", "lists/val.txt": b"images/val/b.jpg\n"},
    ),
    "lists beside pictures": (
        "path: .\ntrain: images/train.txt\nval: images/val\n",
        {**pictures(), "images/train.txt": b"@SET@/images/train/a.jpg"},
    ),
    "lists below": (
        "path: mine\ntrain: train.txt\nval: images/val\n",
        {**pictures("mine/"), "mine/train.txt": b"images/train/a.jpg\n"},
    ),
    "dots in a name": (
        "path: .\ntrain: train.txt\nval: images\n",
        {"images/b.jpg": b"x", "labels/b.txt": BOX, "a./c.jpg": b"x", "train.txt": b"@SET@/images/b.jpg\n./a./c.jpg\n"},
    ),
}
CWD_ALONE = {"lists"}
"""Lines of a list without ``./`` lead from the working folder, as in the source, and stay as they are."""
NOT_READ_BY_THE_RULE = {"dots in a name"}
"""Trainers put the folder in the place of every ``./`` in a line."""


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", SETS)
def test_a_moved_output_trains_on_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    text, files = SETS[name]
    root = tmp_path / "set"
    here = os.fsencode(root)
    put(root, {**files, "data.yaml": text.encode()})
    for file in root.rglob("*.*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"@SET@", here))
    labels = open_labels(root / "data.yaml", None, None)
    chosen = names(labels)
    one = labels if number == 1 else Copies(labels, chosen, number)
    kept = {each: "" if number == 1 else each[-6:-4] for each in names(one)}
    out, moved = tmp_path / "out", tmp_path / "far" / "moved"
    one.write(out, kept)
    put(out, dict.fromkeys(chosen if number == 1 else names(one), b"x"))
    shutil.copytree(out, moved)
    for place in (moved, out):
        again = open_labels(place / "data.yaml", None, None)
        assert sorted(names(again)) == sorted(names(one))
        assert (again.image_root, again.inventory.annotations) == (place, number * labels.inventory.annotations)
        for cwd in {place} if name in CWD_ALONE else {place, tmp_path, root, tmp_path / "far"}:
            monkeypatch.chdir(cwd)
            if name not in NOT_READ_BY_THE_RULE:
                found = trained_on(Path(os.path.relpath(place / "data.yaml", cwd)), tmp_path / "datasets")
                assert sorted(found) == sorted(place / each for each in names(one))


def test_a_line_that_cannot_be_seen_from_its_list_stays_absolute(tmp_path: Path) -> None:
    root = put(tmp_path / "set", {**pictures(), "data.yaml": b"train: lists/train.txt\n"})
    put(root, {"lists/train.txt": os.fsencode(root / "images/train/a.jpg")})
    labels = open_labels(root / "data.yaml", None, None)
    labels.write(tmp_path / "out", {"images/train/a.jpg": "_rain"})
    expected = os.fsencode(tmp_path / "out" / "images/train/a_rain.jpg")
    assert (tmp_path / "out" / "lists/train.txt").read_bytes() == expected
