"""Checkpoints by lot: pickles and safetensors, with other tensors, other records, other headers, and with code."""

import io
import json
import pickle
import random
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.fuzzing.case import FaultKind, Outcome, refusals
from benchmarks.fuzzing.damage import damaged_binary
from benchmarks.fuzzing.json_text import mutate_json, written
from tpsence.architectures import Resnet
from tpsence.metadata import GeneratorMetadata
from tpsence.weights import generator_bytes, load_generator

_CANARY = "canary"
State = dict[str, Any]


def try_checkpoint(draw: random.Random, folder: Path) -> Outcome:
    """Change a generator's file by lot, and load it."""
    outcome = Outcome()
    name, make = draw.choice(_KINDS)
    path = folder / name
    content = make(draw, folder)
    if draw.random() < 0.2:
        content = damaged_binary(draw, content)
    path.write_bytes(content)
    with refusals(outcome):
        load_generator(path)
        outcome.accepted = True
    if (folder / _CANARY).exists():
        outcome.blame(FaultKind.CODE, f"{name}: it was executed")
    return outcome


@cache
def _network() -> Any:  # noqa: ANN401 (a torch module)
    """The smallest generator."""
    torch.manual_seed(0)
    return Resnet(blocks=4, ngf=4).build()


def _state() -> State:
    """Its tensors."""
    return dict(_network().state_dict())


def _odd_tensors(key: str, tensor: Tensor) -> Sequence[tuple[str, Callable[[], object]]]:
    """What may stand where a tensor is wanted, each with its key."""
    return (
        (key, lambda: torch.zeros(1).expand(2**40)),
        (key, lambda: torch.zeros(1).expand(tensor.shape)),
        (key, lambda: tensor.t() if tensor.dim() == 2 else tensor.transpose(0, -1)),
        (key, lambda: torch.full_like(tensor, float("nan"))),
        (key, lambda: tensor.to(torch.complex64)),
        (key, lambda: tensor.to(torch.int64)),
        (key, lambda: tensor.to(torch.bool)),
        (key, lambda: tensor.to(torch.float8_e4m3fn)),
        (key, tensor.to_sparse),
        (key, lambda: torch.empty(tensor.shape, device="meta")),
        (key, lambda: _quantized(tensor)),
        (key, lambda: torch.nn.Parameter(tensor)),
        (key, lambda: tensor[..., :0]),
        (key, lambda: torch.zeros(3, 3, 3, 3, 3)),
        (key, tensor.tolist),
        (key, lambda: None),
        ("model.99.weight", lambda: tensor),
        ("model.4.conv_block.1.weight", lambda: torch.zeros(8, 8, 3, 3)),
        ("x" * 100_000, lambda: tensor),
    )


def _quantized(tensor: Tensor) -> Tensor:
    """A tensor of a kind that torch is about to give up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(tensor.float(), 0.1, 0, torch.qint8)


def _other_tensors(draw: random.Random, folder: Path) -> bytes:
    """A state dict in which something is not as it should be."""
    del folder
    state = _state()
    key = draw.choice(sorted(state))
    new_key, make = draw.choice(_odd_tensors(key, state[key]))
    state[new_key] = make()
    if draw.random() < 0.2:
        del state[draw.choice(sorted(state))]
    if draw.random() < 0.2:
        state = {f"module.{key}": value for key, value in state.items()}
    stream = io.BytesIO()
    torch.save(draw.choice((state, state, {"state_dict": state}, list(state.values()))), stream)
    return stream.getvalue()


def _many_keys(draw: random.Random, folder: Path) -> bytes:
    """A state dict of very many blocks, or layers, of nothing."""
    del folder
    count, empty = draw.choice((1_000, 5_000, 30_000)), torch.zeros(0)
    name = draw.choice(("model.{}.conv_block.1.weight", "model.{}.weight", "mlp_{}.0.weight", "x{}"))
    stream = io.BytesIO()
    torch.save({**_state(), **{name.format(number): empty for number in range(count)}}, stream)
    return stream.getvalue()


def _old_layout(draw: random.Random, folder: Path) -> bytes:
    """A file as torch wrote it before it wrote archives, damaged."""
    del folder
    stream = io.BytesIO()
    torch.save(_state(), stream, _use_new_zipfile_serialization=False)
    return damaged_binary(draw, stream.getvalue())


class _Code:
    """Leaves a file behind where its pickle is executed."""

    def __init__(self, call: tuple[Any, tuple[Any, ...]]) -> None:
        self._call = call

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._call


def _pickles(folder: Path) -> Sequence[bytes]:
    """Pickles that do something, or are long, or deep."""
    import os
    import pathlib

    place = str(folder / _CANARY)
    calls: Sequence[tuple[Any, tuple[Any, ...]]] = (
        (os.system, (f"touch {place}",)),
        (pathlib.Path.touch, (pathlib.Path(place),)),
        (eval, (f"open({place!r}, 'w')",)),
        (exec, (f"open({place!r}, 'w')",)),
        (open, (place, "w")),
        (bytearray, (2**33,)),
    )
    made = [pickle.dumps({"model.1.weight": _Code(call)}, protocol=2) for call in calls]
    deep = b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b"."
    doubled = b"\x80\x02](" + b"2l" * 20_000 + b"."
    return [
        *made,
        deep,
        doubled,
        b"\x80\x02}.",
        b"\x80\x02N.",
        *(b"\x80\x02" + code + b"\xff\xff\xff\x7fa." for code in (b"\x8b", b"X", b"T", b"j", b"r")),
    ]


def _code(draw: random.Random, folder: Path) -> bytes:
    """A pickle that does something, alone or as the record of an archive."""
    made = draw.choice(_pickles(folder))
    return draw.choice((made, _archive({"data.pkl": made})))


def _archive(changes: Mapping[str, bytes | None], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of torch, with other records."""
    stream, copy = io.BytesIO(), io.BytesIO()
    torch.save(_state(), stream)
    with zipfile.ZipFile(stream) as before, zipfile.ZipFile(copy, "w", compression) as after:
        records = {name: before.read(name) for name in before.namelist()}
        top = next(iter(records)).partition("/")[0]
        for name, content in changes.items():
            full = name if name.startswith("/") else f"{top}/{name}"
            if content is None:
                records.pop(full, None)
            else:
                records[full] = content
        for name, content in records.items():
            after.writestr(name, content)
    return copy.getvalue()


def _other_records(draw: random.Random, folder: Path) -> bytes:
    """An archive with a record too many, too few, too long or too short."""
    del folder
    changes: Sequence[Mapping[str, bytes | None]] = (
        {"data/0": None},
        {"data/0": b""},
        {"data/0": bytes(200_000_000)},
        {"data/1": bytes(7)},
        {"data.pkl": None},
        {"data.pkl": b"\x80\x02}."},
        {"version": b"99\n"},
        {"byteorder": b"big"},
        {"constants.pkl": b"\x80\x02}.", "code/x.py": b"1/0"},
        {"../../x": b"x"},
        {"/etc/x": b"x"},
        {f"data/{number}": b"x" for number in range(2_000)},
    )
    return _archive(draw.choice(changes), draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _other_header(draw: random.Random, folder: Path) -> bytes:
    """A safetensors file whose header is not as it should be."""
    del folder
    content = generator_bytes(_network(), GeneratorMetadata(architecture=_network().architecture))
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    for _ in range(draw.choice((1, 1, 2, 4))):
        mutate_json(draw, draw.choice((header, header, draw.choice([*header.values()]) if header else {})))
    text = written(header).encode("utf-8", "surrogatepass")
    stated = draw.choice((len(text), len(text), len(text), len(text) - 1, 0, 2**40, 2**64 - 1))
    return struct.pack("<Q", stated) + text + draw.choice((data, data, data[:-1], data + b"\0", b""))


def _other_metadata(draw: random.Random, folder: Path) -> bytes:
    """A safetensors file with metadata that are not as they should be."""
    del folder
    content = generator_bytes(_network(), GeneratorMetadata(architecture=_network().architecture))
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    for key, value in header.get("__metadata__", {}).items():
        tree = json.loads(value)
        mutate_json(draw, tree)
        header["__metadata__"][key] = written(tree)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


_KINDS: Sequence[tuple[str, Callable[[random.Random, Path], bytes]]] = (
    ("latest_net_G.pth", _other_tensors),
    ("latest_net_G.pth", _other_tensors),
    ("latest_net_G.pth", _many_keys),
    ("latest_net_G.pt", _old_layout),
    ("latest_net_G.pth", _code),
    ("latest_net_G.pth", _other_records),
    ("generator.safetensors", _other_header),
    ("generator.safetensors", _other_metadata),
)
