"""Whether a node sees what it has to."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.engine.ray import sight
from pipeline.engine.ray.messages import Places
from pipeline.engine.ray.sight import marker_name, unseen
from pipeline.files.rooted import Rooted


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """What is there to be seen, all of it."""
    monkeypatch.setattr(sight, "_SECONDS", 0.0)
    out, root, beside = (tmp_path / name for name in ("out", "in", "maps"))
    for folder in (out, root, beside):
        folder.mkdir()
    (root / "a.jpg").write_bytes(b"12345")
    Rooted(out).write(marker_name("token"), b"token")
    told = {"out": out, "marker": marker_name("token"), "token": "token", "root": root, "beside": [beside]}
    return Places(**told, sample="a.jpg", sample_size=5)  # type: ignore[arg-type]


def test_a_node_that_sees_everything_leaves_nothing_behind(places: Places) -> None:
    assert unseen(places) is None
    assert [file.name for file in (places.out / ".tpsence").iterdir()] == [Path(places.marker).name]
    assert unseen(replace(places, sample="", sample_size=0)) is None


def test_another_folder_of_that_name_is_not_the_output(places: Places) -> None:
    found = unseen(replace(places, marker=marker_name("another")))
    (places.out / places.marker).write_bytes(b"another")
    for fault in (found, unseen(places)):
        assert fault is not None
        assert fault[0] == f"does not see the output folder {places.out}"
        assert fault[1].startswith("Every node has to see pictures and output under the same paths")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"root": Path("/nowhere")}, "does not see /nowhere"),
        ({"beside": [Path("/nowhere")]}, "does not see /nowhere"),
        ({"sample": "b.jpg"}, "does not see {root}/b.jpg: No such file or directory"),
        ({"sample_size": 6}, "sees another file at {root}/a.jpg"),
    ],
)
def test_what_is_not_seen_is_named(places: Places, change: dict[str, object], expected: str) -> None:
    fault = unseen(replace(places, **change))  # type: ignore[arg-type]
    assert fault is not None
    assert fault[0] == expected.format(root=places.root)


def test_an_output_that_cannot_be_written_to_is_named(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Rooted, name: str, data: bytes, tag: str = "") -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Rooted, "write", refused)
    assert unseen(places) == (
        f"cannot write to {places.out}: Permission denied",
        "Give the user of Ray there the right to write.",
    )
    assert unseen(places, tries_to_write=False) is None
