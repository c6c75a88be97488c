"""ONNX files that find what they are told to, in any picture or where the first channel of it is bright."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]
SIDE = 64
"""Of the input: 64 + 16 + 4 = 84 cells."""
CELLS = 84


def write_model(
    file: Path,
    output: Array,
    *,
    bright: Array | None = None,
    shape: Sequence[int | str] = (1, 3, SIDE, SIDE),
    noted: Mapping[str, str] | None = None,
    half: bool = False,
) -> Path:
    """Write a model.

    Args:
        file: Where.
        output: What it puts out.
        bright: As large; what is added to it, times the largest value in the first channel of the input.
        shape: Of the input; a text is a free axis.
        noted: The file's metadata.
        half: Compute in float16.
    """
    number = np.float16 if half else np.float32
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    more = np.zeros_like(output) if bright is None else bright
    weights = {
        "base": output.astype(number),
        "more": more.astype(number),
        "first": np.array(0),
        "unused": np.zeros(3, dtype=number),
    }
    nodes = [
        helper.make_node("Gather", ["images", "first"], ["channel"], axis=1),
        helper.make_node("ReduceMax", ["channel"], ["brightest"], keepdims=0),
        helper.make_node("Mul", ["more", "brightest"], ["addition"]),
        helper.make_node("Add", ["base", "addition"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", kind, list(shape))],
        [helper.make_tensor_value_info("output", kind, list(output.shape))],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return save(file, graph, noted)


def save(file: Path, graph: onnx.GraphProto, noted: Mapping[str, str] | None = None) -> Path:
    """Write a graph as a model."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, dict(noted or {}))
    file.write_bytes(model.SerializeToString())
    return file


def ultralytics(names: Sequence[str], **more: str) -> dict[str, str]:
    """What an export of ultralytics notes."""
    return {
        "names": str(dict(enumerate(names))),
        "stride": "32",
        "task": "detect",
        "imgsz": f"[{SIDE}, {SIDE}]",
        **more,
    }


def yolox(cell: int, row: Sequence[float]) -> Array:
    """YOLOX's output with one row of its grids filled, of two classes or as many as the row has."""
    output = np.zeros((1, CELLS, len(row)), dtype=np.float32)
    output[0, cell] = row
    return output


def yolov5(rows: Sequence[Sequence[float]]) -> Array:
    """YOLOv5's output with its first rows filled."""
    output = np.zeros((1, 3 * CELLS, len(rows[0])), dtype=np.float32)
    output[0, : len(rows)] = rows
    return output


def yolov8(rows: Sequence[Sequence[float]]) -> Array:
    """YOLOv8's output with its first columns filled."""
    output = np.zeros((1, len(rows[0]), CELLS), dtype=np.float32)
    output[0, :, : len(rows)] = np.transpose(rows)
    return output


def end_to_end(rows: Sequence[Sequence[float]]) -> Array:
    """YOLOv10's output with its first rows filled."""
    output = np.zeros((1, 300, 6), dtype=np.float32)
    output[0, : len(rows)] = rows
    return output
