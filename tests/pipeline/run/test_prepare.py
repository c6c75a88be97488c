"""What is refused before a chain starts, and what it opens."""

from pathlib import Path

from pipeline.run.config import ChainConfig
from pipeline.run.prepare import check_labels
from tests.pipeline.labels.label_sets import names, put


def test_of_a_folder_of_label_files_the_one_of_the_split_is_opened(tmp_path: Path) -> None:
    texts = {split: f'{{"images": [{{"id": 1, "file_name": "{split}.jpg"}}]}}'.encode() for split in ("train", "val")}
    put(tmp_path, {f"data/instances_{split}2017.json": text for split, text in texts.items()})
    put(tmp_path, {f"data/{split}.jpg": b"x" for split in texts})
    places = {"clear": tmp_path / "sun", "rainy": tmp_path / "rain", "out": tmp_path / "out"}
    config = ChainConfig(**places, labels=tmp_path / "data", augment={"split": "val"})  # type: ignore[arg-type]
    assert names(check_labels(config)) == ["val.jpg"]
