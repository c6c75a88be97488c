"""Pictures under another name, in another folder."""

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.images.skips import Reason, Skip
from pipeline.labels.hints import listing, look_alikes
from pipeline.labels.hints.listing import pictures_near
from pipeline.labels.hints.look_alikes import LookAlikes, explained
from pipeline.labels.hints.spelling import difference, is_absolute, key_of, parts_of
from tests.pipeline.labels.label_sets import put


def found(root: Path, name: str) -> str | None:
    """What is said of a name."""
    one = LookAlikes(root).found(name)
    return None if one is None else str(one)


@pytest.mark.parametrize(
    ("stated", "there", "words"),
    [
        ("a%20b.jpg", "a b.jpg", ["the name in the labels is percent-encoded"]),
        ("a b.jpg", "a%20b.jpg", ["the name of the file is percent-encoded"]),
        ("a%2520b.jpg", "a b.jpg", ["the name in the labels is percent-encoded"]),
        ("a.jpg", "A.JPG", ["upper and lower case differ"]),
        ("a.jpeg", "a.jpg", ["the extension differs"]),
        ("\u00e9.jpg", "e\u0301.jpg", ["its letters are composed otherwise (Unicode NFC, NFD)"]),
        ("a.jpg?x=1", "a.jpg", ["what stands behind its extension is no part of it"]),
        ("a/ b.jpg", "a/b.jpg", ["the name in the labels has spaces at an end"]),
        ("a+b.jpg", "a b.jpg", ["the name in the labels has + for a space"]),
        ("a &amp; b.jpg", "a & b.jpg", ["the name in the labels is written as in HTML"]),
        (
            "x/cb06a1b2-a.jpg",
            "x/a.jpg",
            ["the name in the labels begins with the eight letters that Label"],
        ),
        (
            "a.jpg",
            "cb06a1b2-a.jpg",
            ["the name of the file begins with the eight letters that Label"],
        ),
        ("a b.jpg", "a_b.jpg", ["the name of the file has _ for a space"]),
        ("a_b.jpg", "a b.jpg", ["the name in the labels has _ for a space"]),
        ("A%20b.JPG", "a b.png", ["the name in the labels is percent-encoded", "upper and", "the ext"]),
        ("a.jpg", "a.jpg", []),
    ],
)
def test_the_difference_of_two_names_in_as_few_words_as_can_be(stated: str, there: str, words: list[str]) -> None:
    said = difference(stated, there)
    assert said is not None
    assert len(said) == len(words)
    assert all(one.startswith(other) for one, other in zip(said, words, strict=True))


@pytest.mark.parametrize(
    ("one", "other"), [("a.jpg", "b.jpg"), ("a1.jpg", "a10.jpg"), ("a?b.jpg", "a?c.jpg"), ("a.jpg", "a.jpg.jpg")]
)
def test_other_names_mean_something_else(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
    assert difference(one, other) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("https://h.example/b/a.jpg", ["h.example", "b", "a.jpg"]),
        ("https:/h.example/b/a.jpg", ["h.example", "b", "a.jpg"]),
        ("C:\\x\\a.jpg", ["x", "a.jpg"]),
        ("../../x/./a.jpg", ["x", "a.jpg"]),
        ("\\\\server\\a.jpg", ["server", "a.jpg"]),
        ("/", []),
        ("", []),
    ],
)
def test_any_name_is_taken_apart(name: str, parts: list[str]) -> None:
    assert parts_of(name) == parts


def test_what_is_absolute() -> None:
    assert [is_absolute(one) for one in ("/a", "\\a", "c:a", "C:\\a", "a/b", "", None)] == [*[True] * 4, *[False] * 3]


def test_the_nearest_in_name_and_folder_is_found(tmp_path: Path) -> None:
    put(tmp_path, dict.fromkeys(["train/0001.jpg", "val/0001.jpg", "x/val/0001.jpg", "deep/0001.JPG"], b"x"))
    assert (found(tmp_path, "/set/val/0001.jpg") or "").startswith("'val/0001.jpg' is there (1 more fits)")
    assert found(tmp_path, "VAL/0001.jpg") == "'val/0001.jpg' is there: upper and lower case differ"
    assert (found(tmp_path, "0001.jpg") or "").startswith("'train/0001.jpg' is there (2 more fit)")
    assert "the labels leave out the folder" in (found(tmp_path, "0001.jpg") or "")
    assert "the labels have the folder 'set'" in (found(tmp_path, "set/train/0001.jpg") or "")
    assert "it is in another folder" in (found(tmp_path, "test/0001.jpg") or "")
    assert found(tmp_path, "0002.jpg") is None
    assert found(tmp_path, "..") is None


def test_a_name_that_many_folders_have_is_looked_for_in_its_own_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_alikes, "_COMPARED", 3)
    put(tmp_path, {f"v{index}/0001.jpg": b"x" for index in range(9)})
    assert (found(tmp_path, "set/v8/0001.jpg") or "").startswith("'v8/0001.jpg'")


def test_only_pictures_that_are_still_there_are_named(tmp_path: Path) -> None:
    put(tmp_path, {"a.JPG": b"x", "b.txt": b"x"})
    known = LookAlikes(tmp_path)
    assert known.found("a.jpg") is not None
    (tmp_path / "a.JPG").unlink()
    assert known.found("a.jpg") is None
    assert known.found("b.jpg") is None


def test_a_folder_is_listed_once_for_all_threads_and_anew_where_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"a.JPG": b"x"})
    asked = list[Path]()

    def counted(root: Path, most: int) -> list[str]:
        asked.append(root)
        return pictures_near(root, most)

    monkeypatch.setattr(look_alikes, "pictures_near", counted)
    known = LookAlikes(tmp_path)
    assert not asked
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(known.found, ["a.jpg"] * 20))
    sent = pickle.loads(pickle.dumps(known))  # noqa: S301 (of this test)
    assert sent.found("a.jpg") == known.found("a.jpg")
    assert asked == [tmp_path, tmp_path]


def test_only_a_missing_picture_is_explained(tmp_path: Path) -> None:
    put(tmp_path, {"a.JPG": b"x"})
    known = LookAlikes(tmp_path)
    missing, broken = Skip("a.jpg", Reason.MISSING, "no such file"), Skip("a.jpg", Reason.TRUNCATED, "cut")
    assert explained(missing, known).detail == "no such file; 'a.JPG' is there: upper and lower case differ"
    assert explained(broken, known) is broken
    lost = Skip("b.jpg", Reason.MISSING, "no such file")
    assert explained(lost, known) is lost


def test_the_listing_is_bounded_and_begins_at_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, dict.fromkeys(["z.jpg", "a/b/c.jpg", "a/d.jpg", "note.txt"], b"x"))
    assert pictures_near(tmp_path) == ["z.jpg", "a/d.jpg", "a/b/c.jpg"]
    assert len(pictures_near(tmp_path, most=3)) < 3
    monkeypatch.setattr(listing, "SECONDS", -1.0)
    assert pictures_near(tmp_path) == []


def test_hidden_folders_outputs_and_what_is_outside_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, {"set/.cache/a.jpg": b"x", "set/out/.tpsence/run": b"x", "set/out/a.jpg": b"x", "far/a.jpg": b"x"})
    (tmp_path / "set" / "link").symlink_to(tmp_path / "far")
    (tmp_path / "set" / "circle").symlink_to(tmp_path / "set")
    put(tmp_path, {"set/in/b.jpg": b"x"})
    (tmp_path / "set" / "also").symlink_to("in")
    assert pictures_near(tmp_path / "set") in (["also/b.jpg"], ["in/b.jpg"])
    assert pictures_near(tmp_path / "missing") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_folder_that_cannot_be_read_is_no_error(tmp_path: Path) -> None:
    put(tmp_path, {"shut/a.jpg": b"x"})
    (tmp_path / "shut").chmod(0)
    try:
        assert pictures_near(tmp_path) == []
    finally:
        (tmp_path / "shut").chmod(0o700)
