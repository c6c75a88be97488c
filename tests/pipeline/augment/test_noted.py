"""What effects find out about pictures is kept line by line, and survives what a kill leaves."""

from pathlib import Path

from pipeline.augment.noted import all_noted, note
from pipeline.files.lines import LineFile
from pipeline.files.rooted import Rooted


def test_the_last_line_of_a_picture_counts(tmp_path: Path) -> None:
    one, other = (LineFile(Rooted(tmp_path), f"noted-{number}.jsonl") for number in (1, 2))
    note(one, "a.jpg", {"ground": True, "night": False})
    note(one, "ü\n.jpg", {"ground": True})
    note(one, "a.jpg", {"ground": False, "night": True})
    note(other, "b.jpg", {"night": True})
    assert all_noted([one.path, other.path]) == {
        "a.jpg": {"ground": False, "night": True},
        "ü\n.jpg": {"ground": True},
        "b.jpg": {"night": True},
    }


def test_where_there_is_nothing_to_be_said_there_is_no_file(tmp_path: Path) -> None:
    note(LineFile(Rooted(tmp_path), "noted.jsonl"), "a.jpg", {})
    assert not (tmp_path / "noted.jsonl").exists()
    assert all_noted([tmp_path / "noted.jsonl"]) == {}


def test_damaged_lines_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    file = tmp_path / "noted.jsonl"
    odd = [
        '{"file": "a.jpg", "noted": {"gro',
        "[]",
        "5",
        '{"file": 3, "noted": {}}',
        '{"file": "x", "noted": 3}',
        "\x00",
    ]
    file.write_text("\n".join(odd))
    note(LineFile(Rooted(tmp_path), file.name), "b.jpg", {"night": True})
    with file.open("a") as stream:
        stream.write('{"file": "c.jpg", "noted": {"night": "yes", "ground": true}}\n')
    assert all_noted([file]) == {"b.jpg": {"night": True}, "c.jpg": {"ground": True}}
