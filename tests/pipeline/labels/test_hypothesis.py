"""Properties: any JSON passes through unchanged, and no name whatsoever leads out of its folder."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.errors import CollisionError, LabelError
from pipeline.labels.carried import balance
from pipeline.labels.copies import Copies
from pipeline.labels.interface import NO_MARKS, LabelSet
from pipeline.labels.json_file import Json
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import form
from tpsence.errors import InputError

PROFILE = settings(
    deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CHARACTERS = st.characters(exclude_categories=())
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(CHARACTERS, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=4), inner, max_size=3),
    max_leaves=8,
)
RESERVED = {"images", "annotations", "frames", "file_name", "name", "videoName", "id", "image_id"}
EXTRAS = st.dictionaries(st.text(CHARACTERS, max_size=6).filter(lambda key: key not in RESERVED), VALUES, max_size=3)

PIECES = st.sampled_from(
    [
        *("a", "b.jpg", "sub", "images", "a.jpg", ".", "..", "...", "/", "//", "\\", "/", "\\"),
        *("\0", "C:", "c:", "~", " ", "\n", "\r", "\t", ":", "%2e%2e", "file://", "//server/share", "\\\\?\\"),
        *(
            "é",
            "e\u0301",
            "\u2025",
            "\uff0f",
            "\u2215",
            "\ufeff",
            "\ud800",
            "\udcff",
            "\udce9",
            "<",
            "&",
            "link",
            "@OUT@",
        ),
    ]
)
NAMES = st.lists(PIECES, max_size=7).map("".join) | st.text(CHARACTERS, max_size=12)


def mixed(base: dict[str, Json], extras: dict[str, Json], first: bool) -> dict[str, Json]:
    """A record with unknown keys before or after its own."""
    return {**extras, **base} if first else {**base, **extras}


def written(source: Json, ascii_only: bool, suffix: str) -> tuple[Json, Json]:
    """Pass a JSON tree through, and return it as it stood in the source and in the copy."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "in", "x.json")
        file.parent.mkdir()
        try:
            data = json.dumps(source, ensure_ascii=ascii_only).encode()
        except UnicodeEncodeError:
            data = json.dumps(source).encode()
        file.write_bytes(data)
        (file.parent / "0.jpg").touch()
        labels = open_labels(file, file.parent, None)
        labels.write(Path(folder, "out"), {picture.name: suffix for picture in labels.pictures})
        return json.loads(data), json.loads(Path(folder, "out", "x.json").read_bytes())


@PROFILE
@given(EXTRAS, EXTRAS, EXTRAS, st.lists(VALUES, max_size=2), st.booleans(), st.booleans(), st.sampled_from(["", "_r"]))
def test_any_keys_anywhere_pass_through_coco(
    top: dict[str, Json],
    image: dict[str, Json],
    annotation: dict[str, Json],
    junk: list[Json],
    first: bool,
    ascii_only: bool,
    suffix: str,
) -> None:
    images = [mixed({"id": index, "file_name": f"{index}.jpg"}, image, first) for index in range(2)]
    annotations = [mixed({"image_id": 0}, annotation, first), mixed({"image_id": 7}, annotation, not first), *junk]
    tree = mixed({"images": images, "annotations": annotations}, top, first)
    expected, out = written(tree, ascii_only, suffix)
    for index, record in enumerate(expected["images"]):
        record["file_name"] = f"{index}{suffix}.jpg"
    assert form(out) == form(expected)


@PROFILE
@given(EXTRAS, EXTRAS, VALUES, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", "_r"]))
def test_any_keys_anywhere_pass_through_scalabel(
    top: dict[str, Json],
    frame: dict[str, Json],
    labels: Json,
    as_object: bool,
    first: bool,
    ascii_only: bool,
    suffix: str,
) -> None:
    frames = [mixed({"name": f"{index}.jpg", "labels": labels}, frame, first) for index in range(2)]
    expected, out = written(mixed({"frames": frames}, top, first) if as_object else frames, ascii_only, suffix)
    for index, record in enumerate(expected["frames"] if as_object else expected):
        record["name"] = f"{index}{suffix}.jpg"
    assert form(out) == form(expected)


def written_twice(source: Json) -> tuple[Json, Json]:
    """Write two copies of every picture, and return the tree as it stood in the source and in the output."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "in", "x.json")
        file.parent.mkdir()
        file.write_text(json.dumps(source))
        (file.parent / "0.jpg").touch()
        labels = open_labels(file, file.parent, None)
        copies = Copies(labels, [picture.name for picture in labels.pictures], 2)
        kept = {picture.name: f"_{copies.copy_of(picture.name)}" for picture in copies.pictures}
        balance(copies, kept, NO_MARKS, copies.write(Path(folder, "out"), kept))
        return json.loads(file.read_bytes()), json.loads(Path(folder, "out", "x.json").read_bytes())


IDS = st.integers(-3, 3) | st.integers() | st.floats() | st.text("a_2", max_size=4) | VALUES


@PROFILE
@given(EXTRAS, EXTRAS, st.lists(IDS, min_size=2, max_size=2), st.lists(IDS, min_size=4, max_size=4), st.booleans())
def test_a_second_copy_in_coco_differs_in_ids_and_name_alone(
    image: dict[str, Json], annotation: dict[str, Json], image_ids: list[Json], ids: list[Json], first: bool
) -> None:
    images = [mixed({"id": one, "file_name": f"{n}.jpg"}, image, first) for n, one in enumerate(image_ids)]
    pairs = zip(ids, [*image_ids, *reversed(image_ids)], strict=True)
    annotations = [mixed({"id": one, "image_id": owner}, annotation, first) for one, owner in pairs]
    try:
        source, out = written_twice({"images": images, "annotations": annotations})
    except (LabelError, CollisionError):  # ids that no image can have, or two the same
        return
    seconds = out["images"][len(images) :]
    for old, new in zip(source["images"], seconds, strict=True):
        assert form({**new, "id": old["id"], "file_name": old["file_name"]}) == form(old)
    pictures = {repr(record["id"]): record["file_name"] for record in seconds}
    owned = [one for one in source["annotations"] if owner_of(one, source["images"]) is not None]
    for old, new in zip(owned, out["annotations"][len(annotations) :], strict=True):
        assert form({**new, "id": old["id"], "image_id": old["image_id"]}) == form(old)
        assert pictures[repr(new["image_id"])] == f"{owner_of(old, source['images'])}_2.jpg"


def owner_of(annotation: Json, images: list[Json]) -> int | None:
    """The place of the image that an annotation is of."""
    owner = annotation["image_id"]
    ids = [record["id"] for record in images]
    return ids.index(owner) if isinstance(owner, int | float | str) and owner in ids else None


@PROFILE
@given(EXTRAS, EXTRAS, st.lists(IDS, max_size=3), st.booleans())
def test_a_second_copy_in_scalabel_differs_in_ids_and_name_alone(
    frame: dict[str, Json], label: dict[str, Json], ids: list[Json], first: bool
) -> None:
    labels = [mixed({"id": one}, label, first) for one in ids]
    source, out = written_twice([mixed({"name": f"{n}.jpg", "labels": [*labels, n]}, frame, first) for n in range(2)])
    for old, new in zip(source, out[2:], strict=True):
        new["name"] = old["name"]
        for one, copy in zip(old["labels"][:-1], new["labels"][:-1], strict=True):
            copy["id"] = one["id"]
    assert form(out[2:]) == form(source)


def outside(labels: LabelSet, out: Path, suffix: str) -> list[str]:
    """Everything that a run would read or write outside its folder."""
    plan = make_plan(labels, AugmentOptions(suffix=suffix), out)
    root, target = labels.image_root.resolve(), out.resolve()
    reads = [labels.image_root / task.name for task in plan.tasks]
    writes = [out / task.output for task in plan.tasks]
    writes += [out / name for name, _ in labels.output_files(plan.suffixes)]
    found = [str(path) for path in reads if root not in path.resolve().parents]
    found += [str(path) for path in writes if target not in path.resolve().parents]
    return found + [str(path) for path in [*reads, *writes] if ".." in path.parts]


def check(files: dict[str, bytes], labels: str, wanted: str | None, name: str, suffix: str = "") -> None:
    """Open a data set beside folders that must not be touched, and assert that everything stays inside."""
    with TemporaryDirectory() as folder:
        place, out = Path(folder, "set"), Path(folder, "out")
        base = {"set/images/a.jpg": b"x", "set/sub/b.jpg": b"x", "elsewhere/a.jpg": b"x", "elsewhere/a.txt": b"x"}
        for file, content in {**base, **{f"set/{key}": value for key, value in files.items()}}.items():
            Path(folder, file).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, file).write_bytes(content.replace(b"@OUT@", os.fsencode(folder)))
        (place / "link").symlink_to(Path(folder, "elsewhere"))
        try:
            found = outside(open_labels(place / labels, None if wanted is None else place, wanted), out, suffix)
        except InputError:
            return
    assert found == [], name


SUFFIXES = st.sampled_from(["", "_rain", ".", "..", "-"])


@PROFILE
@given(NAMES, SUFFIXES)
@example("../elsewhere/a.jpg", "")
@example("link/a.jpg", "")
@example("..\\elsewhere\\a.jpg", "")
@example("@OUT@/elsewhere/a.jpg", "")
def test_no_name_in_a_coco_file_leads_out(name: str, suffix: str) -> None:
    records = [{"id": 1, "file_name": name}, {"id": 2, "file_name": "images/a.jpg"}]
    content = json.dumps({"images": records}).encode()
    check({"x.json": content}, "x.json", "coco", name, suffix)


@PROFILE
@given(NAMES, NAMES | st.none(), SUFFIXES)
@example("a.jpg", "..", "")
@example("a.jpg", "link", "")
@example("../elsewhere/a.jpg", "images", "")
def test_no_name_or_video_in_a_scalabel_file_leads_out(name: str, video: str | None, suffix: str) -> None:
    content = json.dumps([{"name": name, "videoName": video}, {"name": "images/a.jpg"}]).encode()
    check({"x.json": content}, "x.json", "scalabel", f"{video!r} {name!r}", suffix)


@PROFILE
@given(NAMES, st.sampled_from(["a.xml", "sub/b.xml", "lost.xml", "sub/lost.xml"]), SUFFIXES)
@example("../elsewhere/a.jpg", "lost.xml", "")
@example("link/a.jpg", "lost.xml", "")
def test_no_filename_in_voc_leads_out(name: str, file: str, suffix: str) -> None:
    content = b"<annotation><filename>" + escape(name).encode("utf-8", "surrogatepass") + b"</filename></annotation>"
    check({f"Annotations/{file}": content}, "Annotations", "voc", name, suffix)


@PROFILE
@given(NAMES, st.sampled_from(["train.txt", "lists/train.txt"]), SUFFIXES)
@example("../elsewhere/a.jpg", "train.txt", "")
@example("./../elsewhere/a.jpg", "lists/train.txt", "")
@example("link/a.jpg", "train.txt", "")
@example("@OUT@/elsewhere/a.jpg", "train.txt", "")
@example("@OUT@/set/../elsewhere/a.jpg", "train.txt", "")
@example("@OUT@/set", "train.txt", ".")
def test_no_line_of_a_yolo_list_leads_out(name: str, file: str, suffix: str) -> None:
    line = name.encode("utf-8", "surrogatepass")
    check({file: line + b"\n", "data.yaml": f"train: {file}\n".encode()}, "data.yaml", None, name, suffix)


PLACES = st.lists(
    st.sampled_from(["..", "set", "images", "elsewhere", ".", "link", "@OUT@", "", "~", "a.jpg"]), max_size=5
)


@PROFILE
@given(PLACES.map("/".join), PLACES.map("/".join) | st.none())
@example("../elsewhere", None)
@example("link", None)
@example("images", "../elsewhere")
@example("../set/images", None)
@example("../set/sub/../images", ".")
def test_no_path_in_a_data_yaml_leads_out(train: str, path: str | None) -> None:
    text = f"train: {json.dumps(train)}\n" + (f"path: {json.dumps(path)}\n" if path is not None else "")
    check({"data.yaml": text.encode()}, "data.yaml", None, text)


@pytest.mark.parametrize("bad", ["../elsewhere/a.jpg", "link/a.jpg", "images/../../elsewhere/a.jpg"])
def test_the_check_itself_sees_a_name_that_leads_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    monkeypatch.setattr("pipeline.labels.image_root.safe_relative", lambda name, where: name)
    monkeypatch.setattr("pipeline.augment.plan.Jail.check", lambda self, relative: None)
    content = json.dumps({"images": [{"id": 1, "file_name": bad}]}).encode()
    with pytest.raises(AssertionError, match=r"elsewhere|link"):
        check({"x.json": content}, "x.json", "coco", bad)
