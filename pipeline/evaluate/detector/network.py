"""An ONNX file with one picture for input and one output, run by onnxruntime on the CPU.

A file is of unknown origin. onnxruntime executes its operators and no code of the file's: no library of further
operators is ever loaded, and weights beside the file are read from its own folder and those below alone.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import RunError
from pipeline.evaluate.detector.interface import Metadata, Values
from pipeline.evaluate.detector.metadata import SIDES, metadata_of, printable
from pipeline.images.size import Size
from tpsence.errors import InputError, first_line

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_USUAL_SIDE = 640
"""Of the input, in pixels, where the file leaves it open."""
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_SILENT = 4
_PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : (?=\w+)")


class Network:
    """An ONNX file with one picture for input and one output.

    Args:
        file: The file.
        threads: How many threads it may use.

    Raises:
        InputError: It is none.
    """

    def __init__(self, file: Path, threads: int) -> None:
        self._file = file
        self._session = _session(file, threads)
        self.metadata: Metadata | None = metadata_of(file, self._session.get_modelmeta().custom_metadata_map)
        """What the file says of itself."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise InputError(
                f"{file}: has {len(inputs)} inputs and {len(outputs)} outputs {_shapes(outputs)}, not one of each",
                "Export it for detection alone, without extra outputs.",
            )
        self._input = inputs[0].name
        self.size: Size = _input_size(file, inputs[0].shape, self.metadata)
        """(W, H) of the input."""
        if inputs[0].type not in _TYPES:
            raise InputError(f"{file}: its input is a {inputs[0].type}, not of floating point", "Export it in float32.")
        self._type = _TYPES[inputs[0].type]

    def run(self, values: Values) -> Values:
        """Return the output for an input.

        Args:
            values: (1, 3, H, W).

        Returns:
            The output as float32.

        Raises:
            RunError: The network fails, or puts out no array of numbers.
        """
        try:
            (output,) = self._session.run(None, {self._input: values.astype(self._type, copy=False)})
            return np.asarray(output).astype(np.float32, copy=False)
        except Exception as error:  # onnxruntime's own have no common base
            raise RunError(f"{self._file}: the detector fails: {_said(error, self._file)}") from error


def _session(file: Path, threads: int) -> "InferenceSession":
    """The file in onnxruntime.

    Raises:
        InputError: onnxruntime is not installed, the file is missing or cannot be loaded.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError("onnxruntime is not installed", "pip install 'tpsence[evaluate]'") from error
    if not file.is_file():
        what = "is no file" if file.exists() else "no such file"
        raise InputError(f"{file}: {what}", "`detector` wants an ONNX file.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = _SILENT  # what goes wrong is raised as well
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no common base
        raise InputError(
            f"{file}: no ONNX model that can be loaded: {_said(error, file)}", "Export it anew."
        ) from error


def _input_size(file: Path, shape: Sequence[int | str | None], metadata: Metadata | None) -> Size:
    """The (W, H) of an input (1, 3, H, W); where a side is open, it is the exported one or the usual.

    Raises:
        InputError: The input is no picture, or of a size that no detector has.
    """
    said = f"{file}: its input is ({', '.join(map(str, shape))})"
    fixed = [side if isinstance(side, int) and side > 0 else None for side in shape]
    if len(fixed) != 4 or fixed[0] not in (1, None) or fixed[1] not in (3, None):
        raise InputError(f"{said}, not one picture (1, 3, height, width)", "Export it for batches of 1.")
    width, height = metadata.size if metadata and metadata.size else (_USUAL_SIDE, _USUAL_SIDE)
    size = (fixed[3] or width, fixed[2] or height)
    if not all(side in SIDES for side in size):
        raise InputError(
            f"{said}; sides of {SIDES[0]} to {SIDES[-1]} pixels can be used", "Export it for another size."
        )
    return size


def _said(error: Exception, file: Path) -> str:
    """What onnxruntime says, in one line, without its own name and that of the file."""
    text = str(error).replace(f"Load model from {file} failed:", "")
    return printable(first_line(RuntimeError(_PREFIX.sub("", text))))


def _shapes(outputs: Sequence[object]) -> str:
    """What is put out, for messages: the first few shapes."""
    return ", ".join(str(getattr(output, "shape", "?")) for output in outputs[:3])
