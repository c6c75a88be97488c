"""Detectors: the layouts of their outputs, what they want for a picture, and files that are none."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from pipeline.errors import RunError
from pipeline.evaluate.detector.coco_names import COCO_NAMES
from pipeline.evaluate.detector.interface import LEAST_SCORE, MOST, Detections, Trial
from pipeline.evaluate.detector.metadata import metadata_of
from pipeline.evaluate.detector.open import open_detector
from pipeline.evaluate.detector.registry import LAYOUTS
from tests.conftest import SHARED
from tests.pipeline.evaluate.detector.tiny_detectors import (
    CELLS,
    SIDE,
    Array,
    end_to_end,
    save,
    ultralytics,
    write_model,
    yolov5,
    yolov8,
    yolox,
)
from tpsence.errors import InputError

NAMES = ("car", "person")
SQUARE = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
"""A black picture of the input's size."""
MIDDLE, SIZE = (30.0, 34.0), (20.0, 12.0)
BOX = [20.0, 28.0, 40.0, 40.0]
"""The box that all layouts below say, in pixels of the input."""
IN_CELLS = (30 / 16 - 1, 34 / 16 - 2, math.log(20 / 16), math.log(12 / 16))
"""The same from the cell of column 1, row 2 of the grid of stride 16."""
CELL = 64 + 2 * 4 + 1
"""Where that cell is: after 8x8 of stride 8, in rows of 4."""

Output = tuple[str, Array, Mapping[str, str]]


def decoded_yolox() -> Array:
    """YOLOX's output in pixels: a box around each cell, one with a score."""
    output = yolox(CELL, (*MIDDLE, *SIZE, 0.8, 0.1, 0.9))
    output[0, :, :2] += np.linspace(8, 60, CELLS, dtype=np.float32)[:, None] * (output[0, :, 4:5] == 0)
    return output


OUTPUTS: list[Output] = [
    ("YOLOX", yolox(CELL, (*IN_CELLS, 0.8, 0.1, 0.9)), {}),
    ("YOLOX (decoded)", decoded_yolox(), {}),
    ("YOLOv5", yolov5([(*MIDDLE, *SIZE, 0.8, 0.1, 0.9)]), {}),
    ("YOLOv5", yolov5([(*MIDDLE, *SIZE, 0.8, 0.1, 0.9)]), ultralytics(NAMES)),
    ("YOLOv8", yolov8([(*MIDDLE, *SIZE, 0.1, 0.72)]), {}),
    ("YOLOv8", yolov8([(*MIDDLE, *SIZE, 0.1, 0.72)]), ultralytics(NAMES)),
    ("YOLOv10", end_to_end([(*BOX, 0.72, 1)]), ultralytics(NAMES)),
]


def described(found: Detections) -> list[tuple[list[float], float, int]]:
    """Boxes, scores and classes, rounded."""
    boxes = np.round(found.boxes, 3).tolist()
    return list(zip(boxes, np.round(found.scores.astype(float), 3).tolist(), found.classes.tolist(), strict=True))


# Layouts


@pytest.mark.parametrize(("name", "output", "noted"), OUTPUTS)
@pytest.mark.parametrize("half", [False, True])
def test_every_layout_is_recognised_and_decoded(
    tmp_path: Path, name: str, output: Array, noted: Mapping[str, str], half: bool
) -> None:
    detector = open_detector(write_model(tmp_path / "a.onnx", output, noted=noted, half=half), 1)
    assert (detector.layout, detector.size) == (name, (SIDE, SIDE))
    assert tuple(detector.names) == (NAMES if noted else ("class 0", "class 1"))
    found = detector.detect(SQUARE)
    assert len(found) == 1
    assert found.boxes[0] == pytest.approx(BOX, abs=0.05 if half else 1e-4)
    assert found.scores[0] == pytest.approx(0.72, abs=1e-3)
    assert found.classes.tolist() == [1]
    assert [values.dtype.name for values in (found.boxes, found.scores, found.classes)] == [
        "float32",
        "float32",
        "int64",
    ]


def test_a_cell_of_each_grid_is_where_it_belongs(tmp_path: Path) -> None:
    """The last cells of the strides 8, 16 and 32 of a wide input, and of 64 where there is one."""
    shape = (1, 3, 64, 128)
    for strides in (8, 16, 32), (8, 16, 32, 64):
        counts = [(64 // stride) * (128 // stride) for stride in strides]
        for stride, end in zip(strides, np.cumsum(counts), strict=True):
            output = np.zeros((1, sum(counts), 6), dtype=np.float32)
            output[0, end - 1] = (0.5, 0.5, 0, 0, 1, 1)
            detector = open_detector(write_model(tmp_path / "a.onnx", output, shape=shape), 1)
            found = detector.detect(np.zeros((64, 128, 3), dtype=np.uint8))
            assert found.boxes.tolist() == [[128 - stride, 64 - stride, 128, 64]]


@pytest.mark.parametrize(
    ("output", "noted", "first", "factor"),
    [
        (yolox(CELL, (*IN_CELLS, 0, 1, 0)), {}, "blue", 1 / 255),
        (yolov5([(*MIDDLE, *SIZE, 0, 1, 0)]), {}, "red", 1.0),
        (yolov8([(*MIDDLE, *SIZE, 0, 0)]), ultralytics(NAMES), "red", 1.0),
        (end_to_end([(*BOX, 0, 0)]), ultralytics(NAMES), "red", 1.0),
    ],
)
def test_a_network_gets_its_channels_in_its_order_and_range(
    tmp_path: Path, output: Array, noted: Mapping[str, str], first: str, factor: float
) -> None:
    bright = np.zeros_like(output)
    score = {84: (0, CELL, 4), 252: (0, 0, 4), 6: (0, 4, 0), 300: (0, 0, 4)}[output.shape[1]]
    bright[score] = factor * 200 / 255
    detector = open_detector(write_model(tmp_path / "a.onnx", output, bright=bright, noted=noted), 1)
    pictures = {name: SQUARE.copy() for name in ("red", "green", "blue")}
    for channel, pixels in enumerate(pictures.values()):
        pixels[..., channel] = 255
    scores = {name: detector.detect(pixels).scores.astype(float).round(3).tolist() for name, pixels in pictures.items()}
    assert scores == {"red": [], "green": [], "blue": []} | {first: [round(200 / 255, 3)]}


@pytest.mark.parametrize(
    ("output", "noted", "expected"),
    [
        (yolox(CELL, (*IN_CELLS, 1, 1)), {}, [20, 28, 32, 40]),
        (yolov8([(*MIDDLE, *SIZE, 1, 0)]), {}, [4, 28, 24, 40]),
        (yolov5([(*MIDDLE, *SIZE, 1, 1)]), {}, [4, 28, 24, 40]),
        (end_to_end([(*BOX, 1, 0)]), ultralytics(NAMES), [4, 28, 24, 40]),
    ],
)
def test_a_narrow_picture_lies_at_the_left_or_in_the_middle(
    tmp_path: Path, output: Array, noted: Mapping[str, str], expected: Sequence[float]
) -> None:
    detector = open_detector(write_model(tmp_path / "a.onnx", output, noted=noted), 1)
    for scale in (1, 3):  # a picture as high as the input, and a larger one
        found = detector.detect(np.zeros((SIDE * scale, SIDE // 2 * scale, 3), dtype=np.uint8))
        assert found.boxes[0] == pytest.approx(np.multiply(expected, scale), abs=1e-3)


def test_a_box_on_the_grey_alone_is_none(tmp_path: Path) -> None:
    output = yolox(CELL, (*IN_CELLS, 1, 1))
    detector = open_detector(write_model(tmp_path / "a.onnx", output), 1)
    assert len(detector.detect(np.zeros((SIDE, 10, 3), dtype=np.uint8))) == 0


def test_a_network_with_something_to_remark_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of weights that nothing uses, which every model here has, onnxruntime would warn."""
    open_detector(write_model(tmp_path / "a.onnx", yolox(CELL, (*IN_CELLS, 1, 1))), 1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("output", "noted", "expected"),
    [
        *((output, noted, [name]) for name, output, noted in OUTPUTS),
        (yolov5([(*MIDDLE, *SIZE, 1, 1)]), ultralytics(["car"]), ["YOLOv5"]),
        (yolox(CELL, (*IN_CELLS, 1, 1, 0)), ultralytics(NAMES), []),
        (end_to_end([(*BOX, 1, 0)]), {}, []),
    ],
)
def test_no_output_is_of_two_layouts(output: Array, noted: Mapping[str, str], expected: Sequence[str]) -> None:
    trial = Trial((SIDE, SIDE), output, metadata_of(Path("a.onnx"), noted))
    assert [layout.name for layout in LAYOUTS if layout.fits(trial)] == expected


# Strongest boxes


def test_of_overlapping_boxes_of_a_class_the_best_is_kept(tmp_path: Path) -> None:
    rows = [(30, 34, 20, 12, 0.5, 0), (31, 34, 20, 12, 0.6, 0), (30, 34, 20, 12, 0, 0.4), (50, 10, 8, 8, 0.3, 0)]
    detector = open_detector(write_model(tmp_path / "a.onnx", yolov8(rows)), 1)
    assert described(detector.detect(SQUARE)) == [
        ([21, 28, 41, 40], 0.6, 0),
        ([20, 28, 40, 40], 0.4, 1),
        ([46, 6, 54, 14], 0.3, 0),
    ]


def test_faint_boxes_and_those_beyond_the_hundredth_are_dropped(tmp_path: Path) -> None:
    rows = [(2.5 + 5 * (n % 12), 2.5 + 5 * (n // 12), 4, 4, 0.9 - n / 1000, 0) for n in range(144)]
    faint = [(30, 30, 60, 60, LEAST_SCORE * 0.9, 0)]
    output = np.zeros((1, 6, 200), dtype=np.float32)
    output[0, :, :145] = np.transpose(faint + rows)
    many = open_detector(write_model(tmp_path / "a.onnx", output, noted=ultralytics(NAMES)), 1).detect(SQUARE)
    assert len(many) == MOST == 100
    assert many.scores.tolist() == pytest.approx([0.9 - n / 1000 for n in range(100)])
    few = open_detector(write_model(tmp_path / "b.onnx", yolov8(faint)), 1).detect(SQUARE)
    assert len(few) == 0


def test_what_is_no_number_is_no_box_and_spoils_no_other(tmp_path: Path) -> None:
    output = yolox(CELL, (*IN_CELLS, 0.9, 0.5, 1.0))
    output[0, 0] = (0, 0, np.nan, 0, 1, 1, 0)
    output[0, 1] = (0, 0, 0, 0, np.nan, 1, 0)
    output[0, 2] = (0, 0, 500, 500, 1, 0, 1)  # infinitely large
    output[0, 3] = (0, 0, 60, 60, 1, 1, 0)  # larger than anything
    output[0, 4] = (0, 0, 0, 0, 7, 1, 0)  # no score
    output[0, 64] = (10 / 16, 8 / 16, *IN_CELLS[2:], 0.9, 0, 0.8)  # as large, elsewhere
    output[0, CELL + 1] = (IN_CELLS[0] - 1, *IN_CELLS[1:], 0.9, 0.5, 0.9)  # the good one again, and worse
    found = open_detector(write_model(tmp_path / "a.onnx", output), 1).detect(SQUARE)
    assert described(found) == [([0, 0, SIDE, SIDE], 1.0, 0), (BOX, 0.9, 1), ([0, 2, 20, 14], 0.72, 1)]


@pytest.mark.parametrize("named", [-1, 2, 1e30, np.nan])
def test_a_class_that_is_none_is_dropped(tmp_path: Path, named: float) -> None:
    output = end_to_end([(*BOX, 0.9, named), (*BOX, 0.8, 1)])
    found = open_detector(write_model(tmp_path / "a.onnx", output, noted=ultralytics(NAMES)), 1).detect(SQUARE)
    assert described(found) == [(BOX, 0.8, 1)]


# What a file says


def test_eighty_classes_without_names_are_cocos(tmp_path: Path) -> None:
    output = yolox(CELL, (*IN_CELLS, 1, *np.eye(80)[2]))
    detector = open_detector(write_model(tmp_path / "a.onnx", output), 1)
    assert [detector.names[place] for place in detector.detect(SQUARE).classes] == ["car"]
    assert len(set(COCO_NAMES)) == 80
    assert (COCO_NAMES[9], COCO_NAMES[79]) == ("traffic light", "toothbrush")


def test_an_open_size_is_the_exported_one_or_the_usual(tmp_path: Path) -> None:
    shape = ("batch", 3, "height", "width")
    noted = ultralytics(NAMES, imgsz="[96, 160]")
    output = yolov8([(*MIDDLE, *SIZE, 1, 0)])
    assert open_detector(write_model(tmp_path / "a.onnx", output, shape=shape, noted=noted), 1).size == (160, 96)
    large = np.zeros((1, 8400, 7), dtype=np.float32)
    assert open_detector(write_model(tmp_path / "b.onnx", large, shape=shape), 1).size == (640, 640)


def test_names_are_shown_in_one_line_and_can_be_told_apart(tmp_path: Path) -> None:
    noted = ultralytics(["a\x1b[31m\nb", "car", "car", "x" * 500])
    output = yolov8([(*MIDDLE, *SIZE, 1, 0, 0, 0)])
    names = open_detector(write_model(tmp_path / "a.onnx", output, noted=noted), 1).names
    assert names == ("a?[31m?b", "car", "car (2)", "x" * 100)


@pytest.mark.parametrize(
    "names",
    [
        "__import__('os').system('touch hacked')",
        "(" * 100_000,
        "-" * 100_000 + "1",
        "[" * 5000 + "]" * 5000,
        "{0: 'car', 2: 'person'}",
        "{'0': 'car'}",
        "{0: 1, 1: 2}",
        "{}",
        "[]",
        "7",
        "'car'",
        "{[]: 'car'}",
        str(["car"] * 30_000),
        str(["x" * 300_000]),
        "\x00",
    ],
)
def test_names_that_are_no_names_are_refused(tmp_path: Path, names: str) -> None:
    file = write_model(tmp_path / "a.onnx", yolov8([(*MIDDLE, *SIZE, 1, 0)]), noted={"names": names, "stride": "32"})
    with pytest.raises(InputError, match=r"a\.onnx: the names of classes in its metadata cannot be read") as refused:
        open_detector(file, 1)
    assert len(str(refused.value)) < 200 + len(str(file))
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("size", ["[64]", "[64, 64, 64]", "[0, 64]", "[1000000000, 64]", "[64.0, 64]", "(", "64", "''"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    file = write_model(tmp_path / "a.onnx", yolov8([(*MIDDLE, *SIZE, 1, 0)]), noted=ultralytics(NAMES, imgsz=size))
    with pytest.raises(InputError, match="imgsz"):
        open_detector(file, 1)


@pytest.mark.parametrize("task", ["segment", "pose", "obb", "classify"])
def test_a_network_for_something_else_is_refused(tmp_path: Path, task: str) -> None:
    file = write_model(tmp_path / "a.onnx", yolov8([(*MIDDLE, *SIZE, 1, 0)]), noted=ultralytics(NAMES, task=task))
    with pytest.raises(InputError, match=f"its task is '{task}'"):
        open_detector(file, 1)


def test_names_that_are_not_those_of_the_output_are_refused(tmp_path: Path) -> None:
    file = write_model(tmp_path / "a.onnx", yolov5([(*MIDDLE, *SIZE, 1, 1, 0)]), noted=ultralytics(["a", "b", "c"]))
    with pytest.raises(InputError, match="name 3 classes, its output has 2"):
        open_detector(file, 1)


# Files that are no detector


@pytest.mark.parametrize(
    "shape", [(1, 85, 22, 22), (1, 1000), (1, 83, 86), (2, 84, 85), (1, 84, 5), (1, 300, 6), (1, 0, 0), ()]
)
def test_an_unknown_layout_is_told_with_what_is_known(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = write_model(tmp_path / "a.onnx", np.zeros(shape, dtype=np.float32))
    with pytest.raises(InputError) as refused:
        open_detector(file, 1)
    said = ", ".join(map(str, shape))
    assert refused.value.message == (
        f"{file}: the output ({said}) for an input (1, 3, 64, 64) is of no layout that is known"
    )
    assert refused.value.hint is not None
    for known in "YOLOX (1, N, 5 + C)", "YOLOv5 (1, 3 N, 5 + C)", "YOLOv8 (1, 4 + C, N)", "YOLOv10 (1, K, 6)":
        assert refused.value.hint.count(known) == 1


def broken(make: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """Return what writes a file made of a good one."""

    def write(folder: Path) -> Path:
        file = write_model(folder / "a.onnx", yolox(CELL, (*IN_CELLS, 1, 1)))
        file.write_bytes(make(file.read_bytes()))
        return file

    return write


@pytest.mark.parametrize(
    "write",
    [
        broken(lambda _: b"hello, this is a text\n" * 10),
        broken(lambda _: b""),
        broken(lambda data: data[:-40]),
        broken(lambda data: data.replace(b"ReduceMax", b"RunMyCode")),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(
    tmp_path: Path, write: Callable[[Path], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path)
    with pytest.raises(InputError) as refused:
        open_detector(file, 1)
    assert refused.value.message.startswith(f"{file}: no ONNX model that can be loaded: ")
    assert "\n" not in refused.value.message
    assert refused.value.message.count(str(file)) == 1
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"b\.onnx: no such file"):
        open_detector(tmp_path / "b.onnx", 1)
    with pytest.raises(InputError, match="is no file"):
        open_detector(tmp_path, 1)


def test_weights_out_of_the_files_folder_are_not_read(tmp_path: Path) -> None:
    output = yolov8([(*MIDDLE, *SIZE, 1, 0)])
    (tmp_path / "secret.bin").write_bytes(output.tobytes())
    (tmp_path / "models").mkdir()
    file = write_model(tmp_path / "models" / "a.onnx", output)
    (tmp_path / "models" / "own.bin").write_bytes(output.tobytes())
    (tmp_path / "models" / "linked.bin").symlink_to(tmp_path / "secret.bin")

    def with_weights(place: str) -> Path:
        model = onnx.load(file, load_external_data=False)
        (base,) = (weights for weights in model.graph.initializer if weights.name == "base")
        base.ClearField("raw_data")
        base.data_location = TensorProto.EXTERNAL
        del base.external_data[:]
        base.external_data.add(key="location", value=place)
        other = file.with_name("b.onnx")
        other.write_bytes(model.SerializeToString())
        return other

    assert len(open_detector(with_weights("own.bin"), 1).detect(SQUARE)) == 1
    for place in "../secret.bin", str(tmp_path / "secret.bin"), "missing.bin", "linked.bin":
        with pytest.raises(InputError, match=r"b\.onnx: no ONNX model that can be loaded"):
            open_detector(with_weights(place), 1)


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ((1, 1, SIDE, SIDE), "not one picture"),
        ((4, 3, SIDE, SIDE), "not one picture"),
        ((1, 3, SIDE), "not one picture"),
        ((1, SIDE, SIDE, 3), "not one picture"),
        ((1, 3, 8, 8), "sides of 32 to 4096 pixels"),
        ((1, 3, SIDE, 100_000), "sides of 32 to 4096 pixels"),
    ],
)
def test_an_input_that_is_no_picture_is_refused(tmp_path: Path, shape: Sequence[int], problem: str) -> None:
    file = write_model(tmp_path / "a.onnx", yolov8([(*MIDDLE, *SIZE, 1, 0)]), shape=shape)
    with pytest.raises(InputError, match=problem):
        open_detector(file, 1)


def test_numbers_that_are_no_floats_are_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["images"], ["output"])],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.UINT8, [1, 3, SIDE, SIDE])],
    )
    with pytest.raises(InputError, match=r"its input is a tensor\(uint8\)"):
        open_detector(save(tmp_path / "a.onnx", graph), 1)


def test_several_outputs_are_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["images"], [name]) for name in ("one", "other")],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, SIDE, SIDE]) for name in ("one", "other")],
    )
    with pytest.raises(InputError, match=r"1 inputs and 2 outputs \[1, 3, 64, 64\], \[1, 3, 64, 64\], not one of each"):
        open_detector(save(tmp_path / "a.onnx", graph), 1)


def test_a_network_that_fails_is_told(tmp_path: Path) -> None:
    """It reshapes its input to what fits no picture."""
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["images", "shape"], ["output"])],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["a", "b", "c"])],
        [helper.make_tensor("shape", TensorProto.INT64, [3], [1, 7, 11])],
    )
    with pytest.raises(InputError, match=r"a\.onnx: the detector fails: ") as refused:
        open_detector(save(tmp_path / "a.onnx", graph), 1)
    assert "\n" not in refused.value.message


def test_a_network_that_fails_later_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = open_detector(write_model(tmp_path / "a.onnx", yolox(CELL, (*IN_CELLS, 1, 1))), 1)

    def fail(*_: object) -> None:
        raise RuntimeError("no memory\nat all")

    monkeypatch.setattr(detector._network._session, "run", fail)
    with pytest.raises(RunError, match=r"a\.onnx: the detector fails: no memory$"):
        detector.detect(SQUARE)


# Real files


@pytest.fixture(scope="module")
def detectors() -> Path:
    folder = SHARED / "detectors"
    if not folder.is_dir():
        pytest.skip("needs ../shared/detectors, real networks that are not in the repository")
    return folder


def test_yolox_finds_a_giraffe_and_a_zebra_in_their_photographs(detectors: Path, shared_data: Path) -> None:
    """The boxes are those of the labels beside the photographs, within 30 pixels of 640."""
    detector = open_detector(detectors / "yolox-nano" / "yolox_nano.onnx", 1)
    assert (detector.layout, detector.size) == ("YOLOX", (416, 416))
    photos = {"train/000000000025": "giraffe", "train/000000000034": "zebra"}
    for name, expected in photos.items():
        with Image.open(shared_data / "coco8" / "images" / f"{name}.jpg") as image:
            pixels = np.asarray(image.convert("RGB"))
        found = detector.detect(pixels)
        assert detector.names[found.classes[0]] == expected
        assert found.scores[0] > 0.85
        lines = (shared_data / "coco8" / "labels" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        rows = np.array([line.split() for line in lines], dtype=float)
        x, y, width, height = rows[rows[:, 0] == found.classes[0]][:, 1:].T
        sides = np.array([pixels.shape[1], pixels.shape[0]] * 2)
        true = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1) * sides
        assert np.abs(true - found.boxes[0]).max(axis=1).min() < 30


def test_another_network_s_layout_is_refused(detectors: Path) -> None:
    with pytest.raises(
        InputError, match=r"FastestDet\.onnx: the output \(1, 85, 22, 22\) for an input \(1, 3, 352, 352\)"
    ):
        open_detector(detectors / "fastestdet" / "onnx-runtime__FastestDet.onnx", 1)
