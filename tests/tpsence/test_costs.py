"""Files of weights that would cost far more than their size are refused before they are read, each in one line."""

import copy
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pipeline.segment.mmseg.weights_file import read_segmentation_weights
from pipeline.train.checkpoints import read_checkpoint
from tpsence.architectures import MOST_BLOCKS
from tpsence.content import read_content
from tpsence.costs import MOST_OPERATIONS, MOST_TENSORS
from tpsence.errors import WeightsError
from tpsence.networks.generator import Generator
from tpsence.weights import load_generator

READERS: dict[str, Callable[[Path], object]] = {
    "generator": load_generator,
    "sent generator": lambda file: load_generator(read_content(file)),
    "segmentation": read_segmentation_weights,
    "training": read_checkpoint,
}


def archive(file: Path, pickled: bytes, compression: int = zipfile.ZIP_STORED, *others: str) -> Path:
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr("archive/data.pkl", pickled)
        for name, content in (("byteorder", "little"), ("version", "3\n"), *((other, "") for other in others)):
            made.writestr(f"archive/{name}", content)
    return file


def compressed(folder: Path) -> Path:
    return archive(folder / "w.pth", b"\x80\x02" + b"]" * 10_000 + b".", zipfile.ZIP_DEFLATED)


def lying_upon_each_other(folder: Path) -> Path:
    plain = folder / "plain.pth"
    torch.save({"a": torch.zeros(50_000), "b": torch.zeros(50_000)}, plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(folder / "w.pth", "w") as new:
        for record in old.infolist():
            if record.filename.endswith("data/1"):
                alias = copy.copy(new.getinfo(record.filename[:-1] + "0"))
                alias.filename = record.filename
                new.filelist.append(alias)
            else:
                new.writestr(record.filename, old.read(record))
    return folder / "w.pth"


def many_records(folder: Path) -> Path:
    return archive(folder / "w.pth", b"\x80\x02}.", zipfile.ZIP_STORED, *map(str, range(MOST_TENSORS)))


def many_objects(folder: Path) -> Path:
    return archive(folder / "w.pth", b"\x80\x02" + b"]" * (MOST_OPERATIONS + 1) + b".")


def many_objects_without_archive(folder: Path) -> Path:
    (folder / "w.pth").write_bytes(b"\x80\x02" + b"]" * (MOST_OPERATIONS + 1) + b".")
    return folder / "w.pth"


def bytes_by_a_number(folder: Path) -> Path:
    return archive(
        folder / "w.pth", b"\x80\x02cbuiltins\nbytearray\n\x8a\x05" + (1 << 35).to_bytes(5, "little") + b"\x85R."
    )


def tensor_by_a_number(folder: Path) -> Path:
    return archive(folder / "w.pth", b"\x80\x02ctorch\nFloatTensor\nJ\xff\xff\xff\x7f\x85R.")


def slow_encoding(folder: Path) -> Path:
    text = "é".encode() * 10
    start = b"\x80\x02c_codecs\nencode\nX" + struct.pack("<I", len(text)) + text
    return archive(folder / "w.pth", start + b"X\x08\x00\x00\x00PunyCode\x86R.")


def state(number: Tensor) -> dict[str, Tensor]:
    """The keys and shapes of a generator, all values the same one."""
    with torch.device("meta"):
        expected = Generator(ngf=64, blocks=9).state_dict()
    return {key: number.expand(value.shape) for key, value in expected.items()}


def one_value_for_all(folder: Path) -> Path:
    content = {"tpsence_checkpoint": 1, "state_dict": state(torch.zeros(1))}
    torch.save(content, folder / "w.pth")
    return folder / "w.pth"


def one_tensor_for_all(folder: Path) -> Path:
    whole = torch.zeros(256 * 256 * 9)
    tensors = {str(number): whole.view(256, 256, 9) for number in range(20)}
    torch.save({"tpsence_checkpoint": 1, "state_dict": tensors}, folder / "w.pth", _use_new_zipfile_serialization=False)
    return folder / "w.pth"


KINDS: list[tuple[Callable[[Path], Path], str]] = [
    (compressed, "'archive/data.pkl' is compressed: "),
    (lying_upon_each_other, "share their bytes"),
    (many_records, f"tensors, at most {MOST_TENSORS:,} are taken"),
    (many_objects, "its pickle makes too many objects"),
    (many_objects_without_archive, "its pickle makes too many objects"),
    (bytes_by_a_number, "its pickle asks for memory (builtins.bytearray)"),
    (tensor_by_a_number, "its pickle asks for memory (torch.FloatTensor)"),
    (slow_encoding, "its pickle asks for an encoding (punycode)"),
    (one_value_for_all, "its tensors claim "),
    (one_tensor_for_all, "its tensors claim "),
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("make", "said"), KINDS, ids=[make.__name__ for make, _ in KINDS])
def test_a_file_that_would_cost_far_more_than_its_size_is_refused(
    make: Callable[[Path], Path], said: str, reader: str, tmp_path: Path
) -> None:
    file = make(tmp_path)
    with pytest.raises(WeightsError) as caught:
        READERS[reader](file)
    assert caught.value.message.startswith(f"{file}: ")
    assert said in caught.value.message
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("No honest file of weights is like this.")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_a_file_of_very_many_empty_tensors_is_refused(name: str, tmp_path: Path) -> None:
    tensors = {str(number): torch.zeros(0) for number in range(MOST_TENSORS + 1)}
    if name.endswith(".pth"):
        whole = torch.zeros(0)
        tensors = dict.fromkeys(tensors, whole)
        torch.save(tensors, tmp_path / name)
    else:
        save_file(tensors, tmp_path / name)
    for file in (tmp_path / name, read_content(tmp_path / name)):
        with pytest.raises(WeightsError, match="10,001 tensors, at most 10,000 are taken"):
            load_generator(file)


def test_a_safetensors_that_is_nearly_all_header_is_refused(tmp_path: Path) -> None:
    header = json.dumps({"__metadata__": {"a": "x" * (9 << 20)}}).encode()
    (tmp_path / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    for file in (tmp_path / "w.safetensors", read_content(tmp_path / "w.safetensors")):
        with pytest.raises(WeightsError, match="a header of 9,"):
            load_generator(file)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_generator_of_too_many_blocks_is_refused_before_it_is_built(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(self: object) -> None:
        raise AssertionError("it was built")

    monkeypatch.setattr("tpsence.architectures.Resnet.build", built)
    tensors = {f"model.{number}.conv_block.1.weight": torch.zeros(0) for number in range(MOST_BLOCKS + 1)}
    tensors["model.1.weight"] = torch.zeros(4, 3, 7, 7)
    file = tmp_path / f"w{suffix}"
    if suffix == ".pth":
        torch.save(tensors, file)
    else:
        save_file(tensors, file)
    with pytest.raises(WeightsError) as caught:
        load_generator(file)
    assert caught.value.message.startswith(f"{file}: no generator of this size (blocks {MOST_BLOCKS + 1}: ")


def test_a_tensor_that_stands_in_two_places_is_taken(tmp_path: Path) -> None:
    shared = torch.arange(1000.0)
    torch.save({"state_dict": {"a.weight": shared, "b.weight": shared}}, tmp_path / "w.pth")
    assert set(read_segmentation_weights(tmp_path / "w.pth").state) == {"a.weight", "b.weight"}


def test_tensors_of_a_checkpoint_are_found_where_lists_hold_each_other(tmp_path: Path) -> None:
    circle: list[object] = [torch.zeros(1).expand(1 << 20)]
    circle.append(circle)
    torch.save({"tpsence_checkpoint": 1, "more": (circle,)}, tmp_path / "w.pt")
    with pytest.raises(WeightsError, match="its tensors claim 4,194,304 bytes"):
        read_checkpoint(tmp_path / "w.pt")
