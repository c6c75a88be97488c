"""A generator as ONNX: the graph that torch makes, axes with names, and what the weights say of themselves."""

import re
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from pipeline.effects.detail import usual_detail
from pipeline.weights.packaged import terms_of
from tpsence import __version__
from tpsence.errors import InputError
from tpsence.metadata import HEADER_KEY
from tpsence.weights import LoadedGenerator

if TYPE_CHECKING:
    from onnx import ModelProto

SOURCE, TRANSLATED = "source", "translated"
"""Names of the input and of the output."""
AXES = ("batch", "channels", "height", "width")
_OPSET = 18
_CHANNELS = 3


def onnx_bytes(loaded: LoadedGenerator) -> bytes:
    """Return a generator as ONNX.

    Input ``source`` and output ``translated`` are (batch, 3, height, width) float32 RGB in [-1, 1]; batch is free,
    height and width are any multiples of 4. The model's ``metadata_props`` have what ``about`` returns.

    Raises:
        InputError: The packages for it are not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise InputError("ONNX is not installed", "pip install 'tpsence[onnx]'") from error
    model = onnx.load_model_from_string(_traced(loaded))
    _forget_the_machine(model)
    _name_axes(model)
    properties = about(loaded)
    onnx.helper.set_model_props(model, properties)
    model.producer_name, model.producer_version = "tpsence", __version__
    model.graph.name = "generator"
    model.doc_string = _described(loaded, properties)
    model.graph.input[0].doc_string, model.graph.output[0].doc_string = properties["input"], properties["output"]
    data: bytes = model.SerializeToString()
    return data


def about(loaded: LoadedGenerator) -> dict[str, str]:
    """Return what an exported generator says of itself, by key; what is not known has no key.

    ``tpsence`` is all of the weights' own metadata as JSON, as in the header of a ``.safetensors``.
    """
    metadata, taken = loaded.metadata, loaded.generator.architecture.input_sizes
    detail = usual_detail(metadata.architecture, light_only=metadata.light_only)
    sizes = f"height and width are multiples of {taken.stride}, at least {taken.least}"
    shape = f"float32 ({', '.join(AXES)}), RGB, -1 to 1"
    found = {
        HEADER_KEY: metadata.model_dump_json(),
        "tpsence_version": __version__,
        "weights_sha256": loaded.sha256,
        "architecture": metadata.architecture.name,
        "source_domain": metadata.source_domain,
        "target_domain": metadata.target_domain,
        "width": metadata.width,
        "water": metadata.water,
        "detail": detail.value,
        "training_data": metadata.training_data,
        "licence": metadata.licence,
        "terms": terms_of(loaded.sha256),
        "layout": "NCHW",
        "colours": "RGB",
        "input_range": "-1,1",
        "output_range": "-1,1",
        "size_multiple": taken.stride,
        "size_least": taken.least,
        "input": f"{SOURCE}: {shape} (an 8-bit value / 127.5 - 1); {sizes}",
        "output": f"{TRANSLATED}: {shape}, of the same size; (value + 1) * 127.5 is the 8-bit value",
    }
    return {key: str(value) for key, value in found.items() if value is not None}


def _traced(loaded: LoadedGenerator) -> bytes:
    """Return what torch makes of the network."""
    example = torch.zeros(2, _CHANNELS, 64, 96)
    free = {0: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            loaded.generator,
            (example,),
            input_names=[SOURCE],
            output_names=[TRANSLATED],
            dynamic_shapes=(free,),
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
        file = Path(folder) / "generator.onnx"
        cast(torch.onnx.ONNXProgram, program).save(file)  # None comes from the exporter of old alone
        return file.read_bytes()


def _forget_the_machine(model: "ModelProto") -> None:
    """Remove what torch notes of where each node comes from: stack traces with the paths of this machine."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.ClearField("doc_string")


def _name_axes(model: "ModelProto") -> None:
    """Call the free axes by their names, also where they stand in the size of something in between.

    The output is as large as the input, which torch's own term for it says only of multiples of 4.
    """
    graph = model.graph
    free = {dim.dim_param: axis for dim, axis in zip(_dims(graph.input[0]), AXES, strict=True) if dim.dim_param}
    symbol = re.compile(r"\b(" + "|".join(map(re.escape, free)) + r")\b")
    for value in (*graph.input, *graph.value_info):
        for dim in _dims(value):
            if dim.dim_param:
                dim.dim_param = symbol.sub(lambda found: free[found[1]], dim.dim_param)
    for dim, axis in zip(_dims(graph.output[0]), AXES, strict=True):
        if dim.dim_param:
            dim.dim_param = axis


def _dims(value: Any) -> Iterable[Any]:  # noqa: ANN401 (protobuf's messages)
    """Return the sizes of a value."""
    dims: Iterable[Any] = value.type.tensor_type.shape.dim
    return dims


def _described(loaded: LoadedGenerator, properties: Mapping[str, str]) -> str:
    """Return what the model is, in words."""
    metadata = loaded.metadata
    domains = f" from {metadata.source_domain} to {metadata.target_domain}" if metadata.target_domain else ""
    parts = [
        f"TPSeNCE generator{domains} ({metadata.architecture.described()}), written by tpsence {__version__}",
        f"trained on pictures of width {metadata.width}" if metadata.width else "",
        f"input {properties['input']}",
        f"output {properties['output']}",
        f"terms of the weights: {properties.get('terms') or metadata.licence or 'not known'}",
    ]
    return ". ".join(filter(None, parts)) + "."
