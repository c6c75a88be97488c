"""An output folder in which somebody has put links and odd files: nothing outside is written, emptied or removed."""

import json
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import OutputError, RunError, UnsafeNameError
from pipeline.images.skips import Reason, Skip
from pipeline.labels.text_files import copy_file
from pipeline.output.chain_folder import ChainFolder
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState
from pipeline.output.shards import Shard

SETTINGS: dict[str, Any] = {"width": 640}
NAMES = ["a.png", "d/b.png"]
STATE = ["files.txt", "ledger.jsonl", "pictures.jsonl", "lock", "lock-claim", "boxes.jsonl"]
TOP = ["run.json", "skipped.jsonl", "flagged.jsonl", "report.html"]


def folder_at(path: Path) -> OutputFolder:
    return OutputFolder(path, Shard())


def fill(folder: OutputFolder, source: Path) -> None:
    """What a run does with its folder."""
    for name in NAMES:
        if not folder.is_current(name, source):
            for journal in ("pictures", "boxes"):
                folder.journal(journal).add({"file": name})
            folder.write(name, name.encode())
            folder.note(name, source, SourceState.of(source))
    folder.write_flagged([{"file": "a.png"}], anyway=True)
    folder.write_result([Skip("c", Reason.MISSING, "no such file")], {"pictures": 2}, complete=True)
    folder.write_report("page")


def run(folder: OutputFolder, source: Path, *, overwrite: bool = False) -> None:
    with folder.opened(SETTINGS, NAMES, overwrite=overwrite):
        fill(folder, source)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source.png").write_bytes(b"original")
    return tmp_path / "source.png"


@pytest.fixture
def out(source: Path, tmp_path: Path) -> Path:
    """The folder of a run that is over."""
    run(folder_at(tmp_path / "out"), source)
    return tmp_path / "out"


def tree(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder outside, with files of all names that a run writes; the same to the byte after each test."""
    victim = tmp_path / "victim"
    (victim / "labels").mkdir(parents=True)
    for name in [*STATE, *TOP, *NAMES, "keep", ".tpsence/ledger.jsonl", ".tpsence/pictures.jsonl"]:
        (victim / name).parent.mkdir(parents=True, exist_ok=True)
        (victim / name).write_text('"a.png"\n')
    before = tree(victim)
    yield victim
    assert tree(victim) == before


def put_link(place: Path, target: Path) -> None:
    """Put a link in the place of a file or a folder, which is moved away."""
    if place.exists():
        place.rename(place.with_name(f"moved-{place.name}"))
    place.symlink_to(target)


Deed = Callable[[OutputFolder, Path], object]
DEEDS: dict[str, Deed] = {
    "continue": run,
    "overwrite": lambda folder, source: run(folder, source, overwrite=True),
    "check": lambda folder, _: folder.check(SETTINGS, overwrite=True),
    "read": lambda folder, _: folder.read_run(),
    "clear": lambda folder, _: folder.clear(NAMES),
    "forget": lambda folder, _: folder.forget(NAMES),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("place", [".tpsence", *(f".tpsence/{name}" for name in STATE), *TOP])
def test_a_link_in_the_place_of_the_tool_s_own_is_refused(
    deed: Deed, place: str, out: Path, source: Path, victim: Path
) -> None:
    put_link(out / place, victim if place == ".tpsence" else victim / Path(place).name)
    before = tree(out)
    with pytest.raises(OutputError) as caught:
        deed(folder_at(out), source)
    assert caught.value.message.startswith(f"{out / place}: is a symbolic link")
    assert caught.value.hint == "Give another `out`, or remove the link."
    assert tree(out) == before
    (out / place).unlink()
    if place != "run.json":
        deed(folder_at(out), source)  # the remedy works


@pytest.mark.parametrize("place", [".tpsence", ".tpsence/pictures.jsonl", "run.json"])
def test_a_link_to_nothing_is_refused_as_well(place: str, out: Path, source: Path, victim: Path) -> None:
    put_link(out / place, victim / "none")
    with pytest.raises(OutputError, match="is a symbolic link"):
        run(folder_at(out), source)


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("place", [".tpsence/ledger.jsonl", "run.json"])
def test_a_pipe_in_the_place_of_the_tool_s_own_is_refused_and_not_waited_for(
    deed: Deed, place: str, out: Path, source: Path
) -> None:
    (out / place).unlink()
    os.mkfifo(out / place)
    with pytest.raises(OutputError, match="neither a file nor a folder"):
        deed(folder_at(out), source)


@pytest.mark.parametrize("name", [*STATE])
def test_a_copy_that_is_made_of_hard_links_is_continued_and_the_first_stays(
    name: str, out: Path, source: Path, victim: Path
) -> None:
    (out / ".tpsence" / name).unlink(missing_ok=True)
    os.link(victim / name, out / ".tpsence" / name)
    (out / "a.png").unlink()
    run(folder_at(out), source)
    assert (out / "a.png").read_bytes() == b"a.png"


def test_a_hard_link_that_comes_during_the_run_is_not_added_to(out: Path, source: Path, victim: Path) -> None:
    folder = folder_at(out)
    with folder.opened(SETTINGS, NAMES, overwrite=True):
        os.link(victim / "pictures.jsonl", out / ".tpsence/pictures.jsonl")
        with pytest.raises(UnsafeNameError, match="another name"):
            fill(folder, source)


# The output


def test_a_linked_picture_is_not_there_and_is_made_anew(out: Path, source: Path, victim: Path) -> None:
    folder = folder_at(out)
    put_link(out / "a.png", victim / "a.png")
    put_link(out / "d", victim / "d")
    assert not folder.has("a.png")
    assert not folder.has("d/b.png")
    (out / "d").unlink()
    run(folder, source)
    assert (out / "a.png").read_bytes() == b"a.png"
    assert not (out / "a.png").is_symlink()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_a_linked_folder_of_pictures_is_refused_until_the_link_is_removed(
    overwrite: bool, inside: bool, out: Path, source: Path, victim: Path, tmp_path: Path
) -> None:
    (out / "elsewhere").mkdir()
    put_link(out / "d", out / "elsewhere" if inside else victim / "d")
    with pytest.raises(UnsafeNameError, match="d: is a symbolic link"):
        run(folder_at(out), source, overwrite=overwrite)
    (out / "d").unlink()
    run(folder_at(out), source, overwrite=overwrite)
    assert (out / "d/b.png").read_bytes() == b"d/b.png"


# During the run


@contextmanager
def begun(path: Path) -> Iterator[OutputFolder]:
    folder = folder_at(path)
    with folder.opened(SETTINGS, NAMES, overwrite=True):
        folder.write("d/first.png", b"first")
        yield folder


@pytest.mark.parametrize("place", [".tpsence", "d", ""])
def test_a_folder_that_is_swapped_during_the_run_ends_it(place: str, out: Path, source: Path, victim: Path) -> None:
    with begun(out) as folder:
        put_link(out / place, victim / place)
        with pytest.raises((UnsafeNameError, RunError), match=r"symbolic link|another folder"):
            fill(folder, source)


@pytest.mark.parametrize("place", ["labels", ""])
def test_labels_go_nowhere_else_when_their_folder_is_swapped_between_two(
    place: str, out: Path, source: Path, victim: Path
) -> None:
    with begun(out) as folder, folder.guarded(["labels/a.txt", "labels/b.txt"]):
        copy_file(source, out / "labels/a.txt")
        put_link(out / place, victim / place)
        with pytest.raises((UnsafeNameError, RunError), match=r"symbolic link|another folder"):
            copy_file(source, out / "labels/b.txt")


def test_what_was_sent_to_another_process_notices_it_too(out: Path, source: Path, victim: Path) -> None:
    with begun(out) as folder:
        copy = pickle.loads(pickle.dumps(folder))  # noqa: S301 (made here)
        put_link(out, victim)
        with pytest.raises(RunError, match="another folder"):
            copy.write("a.png", b"new")
        with pytest.raises(RunError, match="another folder"):
            copy.note("a.png", source, SourceState.of(source))


# Names


@pytest.mark.parametrize(
    "name", ["x\\y.png", "a:b.png", "\\abs.png", "c:\\d.png", "\udcff.png", "d/\\.png", "a\nb.png"]
)
def test_a_file_is_listed_by_its_own_name(name: str, tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    for _ in range(2):  # the list is read and written again
        with folder.opened(SETTINGS, [name], overwrite=False):
            folder.write(name, b"new")
            folder.remove_stale([name])
        assert folder.has(name)
    with folder.opened({"width": 320}, ["other.png"], overwrite=True):
        assert not folder.has(name)
        folder.write("other.png", b"new")
    assert set(tree(tmp_path / "out")) == {"other.png", "run.json"} | {
        f".tpsence/{own}" for own in ("files.txt", "lock", "lock-claim")
    }


@pytest.mark.parametrize("name", ["../victim/keep", "{victim}/keep", "d/../../victim/keep", "", "d/", 5, None])
@pytest.mark.parametrize("deed", ["clear", "stale"])
def test_a_list_with_other_names_is_damaged(name: object, deed: str, out: Path, victim: Path) -> None:
    text = name.format(victim=victim) if isinstance(name, str) else name
    (out / ".tpsence/files.txt").write_text(json.dumps(text) + "\n")
    folder = folder_at(out)
    removing = folder.clear if deed == "clear" else folder.remove_stale
    with pytest.raises(UnsafeNameError, match="damaged"):
        removing([])


# The folder of a chain


@pytest.mark.parametrize(
    "place",
    [
        "run.json",
        ".tpsence-lock",
        ".tpsence-pictures",
        "dataset",
        "training",
        "augmented",
        "dataset/trainS",
        "report.html",
    ],
)
def test_a_link_in_the_place_of_what_is_a_chain_s_is_refused(place: str, tmp_path: Path, victim: Path) -> None:
    folder = ChainFolder(tmp_path / "chain")
    with folder.opened():
        folder.write({"stages": {}})
        folder.link_pictures(victim, victim)
    put_link(folder.path / place, victim / "keep" if "." in place else victim)
    with pytest.raises(OutputError, match=r"is a symbolic link") as caught, folder.opened():
        pass
    assert caught.value.message.startswith(f"{folder.path / place}: ")


def test_a_data_set_that_becomes_a_link_is_not_linked_into(tmp_path: Path, victim: Path) -> None:
    folder = ChainFolder(tmp_path / "chain")
    with folder.opened():
        put_link(folder.dataset, victim)
        with pytest.raises(UnsafeNameError, match="dataset: is a symbolic link"):
            folder.link_pictures(victim, victim)
    assert not (victim / "trainA").exists()
