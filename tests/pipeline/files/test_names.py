"""Names from label files stay in their folder, also through links, on every system."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UnsafeNameError
from pipeline.files import jail
from pipeline.files.jail import Jail, is_inside, place_inside
from pipeline.files.names import add_suffix, check_suffix, own_name, safe_relative, same_file_key
from tpsence.errors import InputError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("train/a.jpg", "train/a.jpg"),
        ("train\\sub\\a.jpg", "train/sub/a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("a//b/./c.jpg", "a/b/c.jpg"),
        (".hidden.jpg", ".hidden.jpg"),
        ("...jpg", "...jpg"),
        ("..a/b..jpg", "..a/b..jpg"),
        ("a/.../b.jpg", "a/.../b.jpg"),
        ("~/a.jpg", "~/a.jpg"),
        (" a .jpg ", " a .jpg "),
        ("%2e%2e/a.jpg", "%2e%2e/a.jpg"),
        ("日本/é.jpg", "日本/é.jpg"),
        ("\udcff.jpg", "\udcff.jpg"),
        ("frame:1.jpg", "frame:1.jpg"),
        ("a\nb.jpg", "a\nb.jpg"),
    ],
)
def test_safe_relative_gives_a_posix_path(name: str, expected: str) -> None:
    assert safe_relative(name, "here") == expected


@pytest.mark.parametrize(
    "name",
    [
        *("..", "../a.jpg", "a/../b.jpg", "a/..", "..\\a.jpg", "a\\..\\..\\b.jpg", "./../a.jpg", "a/.//../b.jpg"),
        *("/a.jpg", "//server/share/a.jpg", "/", "\\a.jpg", "\\\\server\\share\\a.jpg", "\\\\?\\C:\\a.jpg"),
        *("C:\\a.jpg", "C:/a.jpg", "c:a.jpg", "Z:"),
        *("a\0.jpg", "\0", "a.jpg\0.png"),
        *("", ".", "a/", "a\\", "a/.", "./"),
        *("\ud800.jpg", "a/\udfff\udbff"),
        *(None, 7, 1.5, True, b"a.jpg", ["a.jpg"], {"a": 1}),
    ],
)
def test_safe_relative_refuses(name: object) -> None:
    with pytest.raises(UnsafeNameError) as caught:
        safe_relative(name, "labels.json: images[3]")
    assert caught.value.message.startswith("labels.json: images[3]: the file name ")
    assert "\0" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a_rain.jpg"),
        ("a/b.jpg", "a/b_rain.jpg"),
        ("a\\b.jpg", "a\\b_rain.jpg"),
        ("a.b/c", "a.b/c_rain"),
        ("a.b\\c", "a.b\\c_rain"),
        ("a.tar.gz", "a.tar_rain.gz"),
        (".jpg", ".jpg_rain"),
        ("a/.hidden.png", "a/.hidden_rain.png"),
        ("noext", "noext_rain"),
        ("./a//b.jpg", "./a//b_rain.jpg"),
        ("日/é.jpeg", "日/é_rain.jpeg"),
    ],
)
def test_add_suffix_stands_before_the_extension(name: str, expected: str) -> None:
    assert add_suffix(name, "_rain") == expected
    assert add_suffix(name, "") == name


@pytest.mark.parametrize("suffix", ["", "_rain", "-1.5", "a" * 64])
def test_check_suffix_takes(suffix: str) -> None:
    check_suffix(suffix)


@pytest.mark.parametrize("suffix", ["/", "\\", "../x", "a b", "\0", "_rain\n", ":", "*", "é", "a" * 65])
def test_check_suffix_refuses(suffix: str) -> None:
    with pytest.raises(InputError, match="`suffix`"):
        check_suffix(suffix)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.jpg", "A.JPG"),
        ("é.jpg", "e\u0301.jpg"),
        ("É.jpg", "e\u0301.jpg"),
        ("Sub/a.jpg", "sub/a.jpg"),
        ("straße.jpg", "STRASSE.JPG"),
        ("\u212b.jpg", "å.jpg"),
    ],
)
def test_same_file_key_is_equal_for_names_that_some_system_takes_for_one(one: str, other: str) -> None:
    assert same_file_key(one) == same_file_key(other)


@pytest.mark.parametrize(("one", "other"), [("a.jpg", "b.jpg"), ("a.jpg", "a.png"), ("a/b", "ab"), ("e", "é")])
def test_same_file_key_differs_for_different_names(one: str, other: str) -> None:
    assert same_file_key(one) != same_file_key(other)


def test_same_file_key_is_equal_for_two_spellings_of_the_same_bytes() -> None:
    escaped = "\udcc3\udca9.jpg"
    assert os.fsencode(escaped) == os.fsencode("é.jpg")
    assert same_file_key(escaped) == same_file_key("é.jpg")


@pytest.fixture
def fenced(tmp_path: Path) -> Path:
    """A folder ``root`` with links that stay inside and links that leave it, and a folder outside."""
    root, outside = tmp_path / "root", tmp_path / "root-outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    for file in (root / "a.jpg", root / "sub" / "b.jpg", outside / "c.jpg"):
        file.write_bytes(b"x")
    (root / "to_a.jpg").symlink_to(root / "a.jpg")
    (root / "to_sub").symlink_to("sub")
    (root / "to_c.jpg").symlink_to(outside / "c.jpg")
    (root / "to_outside").symlink_to("../root-outside")
    (root / "sub" / "twice").symlink_to("../to_outside")
    (root / "dangling.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (root / "loop").symlink_to("loop")
    return root


@pytest.mark.parametrize(
    "name", ["a.jpg", "sub/b.jpg", "to_a.jpg", "to_sub/b.jpg", "absent.jpg", "no/such/folder.jpg", "sub", "to_sub"]
)
def test_jail_lets_pass_what_stays_inside(fenced: Path, name: str) -> None:
    Jail(fenced).check(name)


@pytest.mark.parametrize(
    "name",
    ["to_c.jpg", "to_outside", "to_outside/c.jpg", "to_outside/absent/d.jpg", "sub/twice/c.jpg", "dangling.jpg"],
)
def test_jail_refuses_what_a_link_leads_outside(fenced: Path, name: str) -> None:
    jail = Jail(fenced)
    for _ in range(2):  # the answer is remembered for each folder
        with pytest.raises(UnsafeNameError, match="symbolic link leads out"):
            jail.check(name)


def test_jail_is_not_confused_by_a_folder_whose_name_begins_alike(fenced: Path) -> None:
    with pytest.raises(UnsafeNameError):
        Jail(fenced / "sub").check("twice/c.jpg")
    Jail(fenced.parent).check("root/to_outside/c.jpg")


def test_jail_may_itself_be_reached_through_a_link(fenced: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(fenced)
    jail = Jail(tmp_path / "alias")
    jail.check("sub/b.jpg")
    jail.check("to_a.jpg")
    with pytest.raises(UnsafeNameError):
        jail.check("to_c.jpg")


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "d" * 300 + "/a.jpg", "/".join(["d" * 200] * 30)])
def test_a_name_longer_than_the_system_takes_is_refused_or_passed_not_a_crash(tmp_path: Path, name: str) -> None:
    with contextlib.suppress(InputError):
        Jail(tmp_path).check(safe_relative(name, "here"))


def test_is_inside_resolves_links(fenced: Path) -> None:
    assert is_inside(fenced, fenced)
    assert is_inside(fenced / "to_sub", fenced)
    assert is_inside(fenced / "absent" / ".." / "a", fenced)
    assert not is_inside(fenced / "to_outside", fenced)
    assert not is_inside(fenced / "..", fenced)
    assert not is_inside(fenced.parent / "root-outside", fenced)


def test_is_inside_sees_a_folder_that_is_reached_by_another_name(
    fenced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a folder is mounted twice: one device, one inode."""
    (tmp_path / "mounted" / "out").mkdir(parents=True)
    state = jail._state
    monkeypatch.setattr(jail, "_state", lambda path: state(fenced if path == tmp_path / "mounted" else path))
    assert is_inside(tmp_path / "mounted", fenced)
    assert is_inside(tmp_path / "mounted" / "out" / "none", fenced)
    assert is_inside(fenced / "sub", tmp_path / "mounted")
    assert not is_inside(tmp_path, fenced)
    assert not is_inside(tmp_path / "other", fenced)


def test_is_inside_sees_a_mounted_folder(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "again").mkdir()
    code = (
        "import sys; from pathlib import Path; from pipeline.files.jail import is_inside; t = Path(sys.argv[1])\n"
        "print(is_inside(t / 'again/out', t / 'in'), is_inside(t / 'in/sub', t / 'again'), is_inside(t, t / 'in'))"
    )
    script = 'mount --bind "$1/in" "$1/again" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path), sys.executable, code]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        pytest.skip("this system mounts no folders")
    if ran.returncode in {1, 77} and "True" not in ran.stdout:
        pytest.skip(f"no folder can be mounted here: {ran.stderr.strip()}")
    assert ran.stdout.split() == ["True", "True", "False"], ran.stderr


@pytest.mark.parametrize("name", ["a/b.jpg", "x\\y.png", "a:b", "\\abs", "c:", "..a", " ", "\udcff", "\n", "a/..."])
def test_own_name_is_the_text_as_it_stands(name: str) -> None:
    assert own_name(name, "files.txt") == name


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0b", "\ud800", 3, None, ["a"], {"a": 1}]
)
def test_own_name_refuses_what_the_tool_has_not_written(name: object) -> None:
    with pytest.raises(UnsafeNameError, match=r"^files\.txt: damaged") as caught:
        own_name(name, "files.txt")
    assert caught.value.hint
    assert caught.value.message.isprintable()


def test_place_inside_tells_where_with_links_resolved(fenced: Path) -> None:
    assert place_inside(fenced, fenced) == ""
    assert place_inside(fenced / "absent" / "deep" / ".." / "a", fenced) == "absent/a"
    assert place_inside(fenced / "to_sub" / "b.jpg", fenced) == "sub/b.jpg"
    assert place_inside(fenced / "to_outside" / "b.jpg", fenced) is None
