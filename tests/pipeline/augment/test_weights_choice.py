"""Which generators a text means: one, or several with shares."""

from pathlib import Path

import pytest

from pipeline.augment.weights_choice import as_given, chosen_weights, names_in_tables
from pipeline.weights.packaged import RAIN
from tpsence.errors import InputError


def shares(text: str) -> dict[str, float]:
    return {one.name: one.share for one in chosen_weights(text)}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", ["rain", "runs/night", "a,b", "latest_net_G.pth", ""])
def test_a_name_or_a_path_is_one(text: str) -> None:
    (one,) = chosen_weights(text)
    assert (one.name, one.share) == (text, 1.0)
    assert one.path == (RAIN.path if text == "rain" else Path(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rain=0.7,night=0.3", {"rain": 0.7, "night": 0.3}),
        ("rain=70%,night=30%", {"rain": 0.7, "night": 0.3}),
        ("night=3,rain=1", {"night": 0.75, "rain": 0.25}),
        ("a=0.5,path/b=0.5", {"a": 0.5, "path/b": 0.5}),
        ("rain=0.2", {"rain": 1.0}),
        ("a=1,b=1,c=2", {"a": 0.25, "b": 0.25, "c": 0.5}),
        ("rain = 1, a b = 1", {"rain": 0.5, "a b": 0.5}),
    ],
)
def test_several_have_shares_that_are_one_together(text: str, wanted: dict[str, float]) -> None:
    assert shares(text) == pytest.approx(wanted)
    assert list(shares(text)) == list(wanted)
    assert next(one for one in chosen_weights(f"{text},x=1") if one.name == next(iter(wanted))).path == (
        RAIN.path if next(iter(wanted)) == "rain" else Path(next(iter(wanted)))
    )


def test_what_is_there_is_a_path_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "rain=1,night=2").mkdir()
    assert shares("rain=1,night=2") == {"rain=1,night=2": 1.0}
    (tmp_path / " b").mkdir()
    assert shares("a=1, b=1, c=2") == {"a": 0.25, " b": 0.25, "c": 0.5}
    (tmp_path / "lr=0.1,b.pth").touch()
    (tmp_path / "x=3,y=4").touch()
    assert shares("lr=0.1,b.pth=1,x=3,y=4=3") == {"lr=0.1,b.pth": 0.25, "x=3,y=4": 0.75}


def test_a_path_object_is_always_a_path() -> None:
    (one,) = chosen_weights(Path("rain=0.5,night=0.5"))
    assert one.path == Path("rain=0.5,night=0.5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rain=0,night=1", "`weights` rain=0: no such file, and '0' is no share of 'rain'"),
        ("rain=-1,night=2", "`weights` rain=-1: no such file"),
        ("rain=nan,night=1", "`weights` rain=nan: no such file"),
        ("rain=inf,night=1", "`weights` rain=inf: no such file"),
        ("rain=,night=1", "`weights` rain=: no such file"),
        ("=1,night=1", "`weights` =1: no such file"),
        (" =1,night=1", "`weights` =1: no such file"),
        ("rain=half,night=half", "`weights` rain=half: no such file"),
        ("rain=0.5,night", "`weights`: no share of night"),
        ("rain=0.5,rain=0.5", "`weights`: rain is given twice"),
        ("runs/lr=0.1/gen.pth", "`weights` runs/lr=0.1/gen.pth: no such file, and '0.1/gen.pth' is no share"),
        ("a=1e308,b=1e308", "`weights` a=1e308,b=1e308: shares out of range"),
        ("a\nb=x,c=1", "`weights` a\\nb=x: no such file"),
    ],
)
def test_nonsense_is_one_line_with_an_example(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        chosen_weights(text)
    assert caught.value.message.startswith(message)
    assert caught.value.message.isprintable()
    assert "rain=0.7,night=0.3" in str(caught.value.hint)


def test_they_are_written_as_they_are_read() -> None:
    assert as_given([("rain", 1.0)]) == "rain"
    assert as_given([("rain", 0.7), ("runs/night", 0.3)]) == "rain=0.7,runs/night=0.3"


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/home/me/runs/night/latest_net_G.pth"], ["night/latest_net_G.pth"]),
        (["latest_net_G.pth"], ["latest_net_G.pth"]),
        (["/generator.safetensors"], ["generator.safetensors"]),
        (["/x/a/g.pth", "b/g.pth"], ["a/g.pth", "b/g.pth"]),
        (["/x/one/g/g.pth", "/x/two/g/g.pth"], ["one/g/g.pth", "two/g/g.pth"]),
        (["g/g.pth", "/x/g/g.pth"], ["g/g.pth", "x/g/g.pth"]),
        (["g/g.pth", "/g/g.pth"], ["given 0", "given 1"]),
        ([], []),
    ],
)
def test_tables_do_not_say_where_on_a_machine_weights_lie(paths: list[str], names: list[str]) -> None:
    files = [(str(number), path) for number, path in enumerate(paths)]
    assert names_in_tables(files, [f"given {number}" for number in range(len(paths))]) == names


def test_packaged_weights_go_by_their_name_in_tables() -> None:
    rain = (RAIN.sha256, "/site-packages/rain.safetensors")
    assert names_in_tables([rain, ("0", "/x/rain")], ["rain", "./rain"]) == ["rain", "x/rain"]
    assert names_in_tables([rain, (RAIN.sha256, "mine/rain")], ["rain", "mine/rain"]) == ["rain", "mine/rain"]
