"""JSON that passes through: reading, writing, and the comparison that the proof rests on."""

import hashlib
import json
from pathlib import Path

import pytest

from pipeline.errors import LabelError, ProofError
from pipeline.labels.json_file import Json, identical, read_json, write_json
from pipeline.labels.json_marks import prove
from pipeline.labels.json_names import Output

NAN = float("nan")


def nested(depth: int) -> Json:
    tree: Json = []
    for _ in range(depth):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0, False),
        (0, None),
        (1.0, True),
        (0.0, -0.0),
        ("1", 1),
        ([], {}),
        (NAN, 0.0),
        (NAN, float("inf")),
        (0.1, 0.1 + 2**-56),
        (2**70, 2**70 + 1),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": None}),
        ([1, 2], [2, 1]),
        ([[1]], [[1.0]]),
        ("é", "e\u0301"),
        ("\ud800", "\ud801"),
    ],
)
def test_values_that_differ_in_type_order_or_digit_are_not_identical(one: Json, other: Json) -> None:
    assert not identical(one, other)
    assert not identical({"deep": [one]}, {"deep": [other]})


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "-0.0", "1e-320", "123456789012345678901234567890", '"\\ud800"', '{"b":[1,{"a":null}]}'],
)
def test_two_readings_of_one_text_are_identical(text: str) -> None:
    assert identical(json.loads(text), json.loads(text))


def test_an_interned_text_equals_one_that_is_not() -> None:
    assert identical({"image": "abc"}, {"".join(["im", "age"]): "".join(["a", "bc"])})


def test_trees_deeper_than_marshal_goes_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise ValueError("object too deeply nested to marshal")

    monkeypatch.setattr("pipeline.labels.json_file.marshal.dumps", refuse)
    assert identical(nested(50), nested(50))
    assert not identical(nested(50), nested(51))


def test_read_json_tells_the_hash_and_whether_the_file_is_ascii(tmp_path: Path) -> None:
    plain, accented = tmp_path / "plain.json", tmp_path / "accented.json"
    plain.write_bytes(b'{"a": "\\u00e9"}')
    accented.write_bytes('{"a": "é"}'.encode())
    one, other = read_json(plain), read_json(accented)
    assert one.tree == other.tree == {"a": "é"}
    assert (one.ascii_only, other.ascii_only) == (True, False)
    assert one.sha256 == hashlib.sha256(plain.read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_read_json_knows_the_encodings_of_unicode(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes('{"name": "é日"}'.encode(encoding))
    assert read_json(path).tree == {"name": "é日"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b'{"images": [', "not valid JSON"),
        (b"\xff\xd8\xff\xe0 a picture", "a picture"),
        (b'{"a": "\xe9"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_read_json_refuses_what_is_no_json_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(LabelError, match=reason) as caught:
        read_json(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_read_json_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="No such file"):
        read_json(tmp_path / "missing.json")
    with pytest.raises(LabelError, match="a folder, not a file"):
        read_json(tmp_path)


@pytest.mark.parametrize(
    ("tree", "ascii_only", "expected"),
    [
        ({"b": 1, "a": 1.0}, True, b'{"b": 1, "a": 1.0}\n'),
        ({"a": "é"}, True, b'{"a": "\\u00e9"}\n'),
        ({"a": "é"}, False, b'{"a": "\xc3\xa9"}\n'),
        ({"a": "\ud800é"}, False, b'{"a": "\\ud800\\u00e9"}\n'),
        ([True, None, float("inf")], True, b"[true, null, Infinity]\n"),
    ],
)
def test_write_json_writes(tmp_path: Path, tree: Json, ascii_only: bool, expected: bytes) -> None:
    path = tmp_path / "new" / "folder" / "x.json"
    write_json(path, tree, ascii_only=ascii_only)
    assert path.read_bytes() == expected
    assert [entry.name for entry in path.parent.iterdir()] == ["x.json"]


def test_renamed_changes_the_name_alone_and_not_the_source() -> None:
    record = {"z": 1, "file_name": "a/b.jpg", "a": [1.0]}
    output = Output(Path("/out"))
    assert list(output.renamed(record, "file_name", "a/b.jpg", "_rain").items()) == [
        ("z", 1),
        ("file_name", "a/b_rain.jpg"),
        ("a", [1.0]),
    ]
    assert record["file_name"] == "a/b.jpg"
    assert output.renamed(record, "file_name", "a/b.jpg", "") is record


def test_prove_raises_on_a_false_comparison_alone(tmp_path: Path) -> None:
    prove(True, tmp_path, "names")
    with pytest.raises(ProofError, match="names differ"):
        prove(False, tmp_path, "names")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"c": 1, "c": 1}}]'])
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(LabelError, match="the same key twice"):
        read_json(tmp_path / "x.json")


def test_a_number_beyond_floats_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1e400]")
    with pytest.raises(LabelError, match="1e400 is out of range"):
        read_json(tmp_path / "x.json")
