"""Presets are found, say what was published, and whatever a user writes ends in a configuration or one line."""

import ast
import gc
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.train.config import SECTIONS, SETTINGS, TrainConfig
from pipeline.train.enums import Direction, Weighting
from pipeline.train.presets import explain, load_config, preset_folder, preset_names
from tests.conftest import ROOT
from tests.pipeline.train.test_config import PUBLISHED

NAMES = [
    *("bdd100k_night", "bdd100k_rain", "bdd100k_snow", "boreas_snow", "cityscapes_rain", "init_rain"),
    *("large_rain", "large_rain_start", "light_rain", "light_rain_start", "small_rain", "tiny"),
]
Save = Callable[..., str]


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Save:
    """Return a function that writes a preset into the current folder, and returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "mine.py") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def refused(preset: str, *chosen: str) -> ConfigError:
    """Return the error, one line with a hint."""
    with pytest.raises(ConfigError) as caught:
        load_config(preset, chosen)
    error = caught.value
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


def changed(**sections: dict[str, Any]) -> dict[str, Any]:
    """Return the published settings with some values."""
    return {name: {**values, **sections.get(name, {})} for name, values in PUBLISHED.items()}


def domains(target: str, data: str) -> dict[str, str]:
    return {"source": "clear", "target": target, "training_data": data}


def test_the_installed_presets_are_listed() -> None:
    assert preset_names() == NAMES
    assert preset_folder() == ROOT / "configs"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("bdd100k_rain", changed(domains=domains("rain", "BDD100K"))),
        ("bdd100k_snow", changed(domains=domains("snow", "BDD100K"))),
        ("bdd100k_night", changed(domains=domains("night", "BDD100K"))),
        ("init_rain", changed(data={"width": 572}, domains=domains("rain", "INIT"))),
        ("boreas_snow", changed(data={"width": 430}, domains=domains("snow", "Boreas"))),
        ("cityscapes_rain", changed(data={"width": 640}, domains=domains("rain", "Cityscapes"))),
    ],
)
def test_a_preset_has_the_published_settings(name: str, wanted: dict[str, Any]) -> None:
    assert load_config(name).as_dict() == wanted


def test_the_tiny_preset_is_small() -> None:
    config = load_config("tiny")
    assert config.model.blocks == 4
    assert config.model.ngf <= 16
    assert config.data.crop <= 128
    assert config.data.width <= 320


def test_the_base_names_every_section_and_changes_nothing() -> None:
    """The published values stand once, in tpsence/settings.py; with every section there, a preset can delete one."""
    ran = runpy.run_path(str(preset_folder() / "_base.py"))
    written = {name: value for name, value in ran.items() if not name.startswith("__")}
    assert written == {section: {} for section in SECTIONS}
    assert load_config(str(preset_folder() / "_base.py")).as_dict() == PUBLISHED


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_survives_its_checkpoint(name: str) -> None:
    config = load_config(name)
    assert TrainConfig.from_dict(config.as_dict()) == config


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_what_it_is(name: str) -> None:
    text = (preset_folder() / f"{name}.py").read_text(encoding="utf-8")
    documentation = ast.get_docstring(ast.parse(text)) or ""
    loss = load_config(name).loss
    wanted = {"trainA", "trainB"} | ({"trainS", "trainT"} if loss.asks_maps else set())
    wanted |= {"trainP"} if loss.asks_targets else set()
    assert set(re.findall(r"train[A-Z]\b", documentation)) == wanted


def test_presets_are_found_where_the_package_is_installed(tmp_path: Path) -> None:
    """As from a wheel: the packages lie in another folder, and the current one is elsewhere."""
    packages = ("tpsence", "pipeline", "cli", "configs")
    assert 'packages = ["{}", "{}", "{}", "{}"]'.format(*packages) in (ROOT / "pyproject.toml").read_text("utf-8")
    for package in packages:
        shutil.copytree(ROOT / package, tmp_path / "site" / package, ignore=shutil.ignore_patterns("__pycache__"))
    program = (
        "import pipeline.train.presets as p; print(p.preset_folder(), p.preset_names(), p.load_config('init_rain'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )
    assert done.stdout.startswith(f"{tmp_path / 'site' / 'configs'} {NAMES} ")
    assert "width=572" in done.stdout


@pytest.mark.parametrize(
    ("chosen", "key", "value"),
    [
        ("optim.lr=1e-4", "optim.lr", 1e-4),
        (" optim.lr = 1 ", "optim.lr", 1.0),
        ("optim.epochs=0x10", "optim.epochs", 16),
        ("data.flip=False", "data.flip", False),
        ("data.flip=false", "data.flip", False),
        ("run.compile=TRUE", "run.compile", True),
        ("loss.layers=0,4", "loss.layers", [0, 4]),
        ("loss.layers=[0, 4]", "loss.layers", [0, 4]),
        ("loss.layers=(4,)", "loss.layers", [4]),
        ("loss.weighting=hard", "loss.weighting", "hard"),
        ("loss.weighting='hard'", "loss.weighting", "hard"),
        ("loss.weighting=none", "loss.weighting", "none"),
        ("loss.weighting=None", "loss.weighting", "none"),
        ("run.direction=BtoA", "run.direction", "BtoA"),
        ("domains.training_data=none", "domains.training_data", None),
        ("domains.licence=a = b.c {{ $HOME:x }}", "domains.licence", "a = b.c {{ $HOME:x }}"),
        ("domains.licence='2024'", "domains.licence", "2024"),
        ("domains.target=Regen bei Nacht", "domains.target", "Regen bei Nacht"),
        (r"domains.target='\d'", "domains.target", r"\d"),
    ],
)
def test_a_setting_changes_its_value_and_nothing_else(chosen: str, key: str, value: object) -> None:
    section, name = key.split(".")
    wanted = load_config("bdd100k_rain").as_dict()
    wanted[section][name] = value
    assert load_config("bdd100k_rain", [chosen]).as_dict() == wanted


def test_of_two_settings_for_one_key_the_last_counts() -> None:
    config = load_config("tiny", ["optim.lr=1", "optim.beta1=0.25", "optim.lr=2"])
    assert (config.optim.lr, config.optim.beta1) == (2.0, 0.25)


@pytest.mark.parametrize(
    ("chosen", "said", "hinted"),
    [
        ("optim.lr", "`set` 'optim.lr': no = in it", "section.name=value"),
        ("", "`set` '': no = in it", "section.name=value"),
        ("=3", "`set` '=3': no key before the =", "section.name=value"),
        (" =", "`set` ' =': no key before the =", "section.name=value"),
        ("lr=1", "`set` 'lr=1': unknown key 'lr'", "The nearest is optim.lr:"),
        ("optim.learning_rate=1", "unknown key 'optim.learning_rate'", "The nearest is optim.lr:"),
        ("batchsize=1", "unknown key 'batchsize'", "The nearest is optim.batch_size:"),
        ("optim.lr.x=1", "unknown key 'optim.lr.x'", "The nearest is optim.lr:"),
        ("optim..lr=1", "unknown key 'optim..lr'", "The nearest is optim.lr:"),
        ("loss.layers.0=1", "unknown key 'loss.layers.0'", "The nearest is loss.layers:"),
        ("optim=3", "`set` 'optim=3': optim: a section, no setting", "optim.lr"),
        ("optim={'lr': 1}", "optim: a section, no setting", "optim.lr"),
        ("optim._delete_=True", "unknown key 'optim._delete_'", "data, model, loss"),
        ("_delete_=True", "unknown key '_delete_'", "data, model, loss"),
        ("_base_=x.py", "unknown key '_base_'", "data, model, loss"),
        ("filename=x", "unknown key 'filename'", "data, model, loss"),
        ("optim.lr={'_delete_': True}", "optim.lr takes no dictionary", "Learning rate"),
        ("loss.layers={'0': 3}", "loss.layers takes no dictionary", "Module indices"),
        ("optim.lr=fast", "optim.lr: 'fast' should be a valid number", "Default: 0.0002."),
        ("optim.lr='1'", "optim.lr: '1' should be a valid number", "Default: 0.0002."),
        ("optim.lr=1e999", "optim.lr: inf should be a finite number", "Default: 0.0002."),
        ("optim.lr=0", "optim.lr: 0 should be greater than 0", "Learning rate, over 0."),
        ("data.width=64.0", "data.width: 64.0 should be a valid integer", "Default: 640."),
        ("data.width=" + "9" * 5000, "should be a valid integer", "Default: 640."),
        ("data.width=0x" + "f" * 6000, "data.width: a huge int should be less", "Default: 640."),
        ("data.width=" + "(" * 5000, "should be a valid integer", "Default: 640."),
        ("data.width=" + "-" * 5000 + "1", "should be a valid integer", "Default: 640."),
        ("data.width=" + "-" * 20_000 + "1", "should be a valid integer", "Default: 640."),
        ("data.width=\0", r"data.width: '\x00' should be a valid integer", "Default: 640."),
        ("data.width=\ud800", r"data.width: '\ud800' should be a valid integer", "Default: 640."),
        ("data.width={[]: 1}", "data.width: '{[]: 1}' should be a valid integer", "Default: 640."),
        ("data.crop=800", "data.crop and data.width: a crop of 800 does not fit", "in the preset or with `set`"),
    ],
)
def test_a_bad_setting_is_one_line_with_a_hint(chosen: str, said: str, hinted: str) -> None:
    error = refused("bdd100k_rain", chosen)
    assert said in error.message
    assert error.hint is not None
    assert hinted in error.hint


def test_several_bad_settings_are_counted() -> None:
    assert refused("tiny", "a", "optim.lr=1", "b=3", "=2").message == "`set` 'a': no = in it (and 2 more)"
    assert refused("tiny", "optim.lr=x", "data.crop=y").message.endswith("(and 1 more)")


@pytest.mark.parametrize("name", ["bdd100k_rainn", "bdd_rain", "BDD100K_rain"])
def test_an_unknown_preset_finds_the_nearest(name: str) -> None:
    error = refused(name)
    assert error.message == f"unknown preset {name!r}"
    assert error.hint is not None
    assert error.hint.startswith("Nearest: bdd100k_rain")
    assert ", ".join(NAMES) in error.hint


@pytest.mark.parametrize("name", ["", "_base", "__init__", "..", "a\nb", "\0", "/etc/passwd", "x" * 5000])
def test_a_preset_like_no_other_finds_the_list(name: str) -> None:
    error = refused(name)
    assert error.message.startswith("unknown preset ")
    assert error.hint == f"The presets are {', '.join(NAMES)}; a file of your own ends in .py."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.py", "none.py: no such file"),
        ("bdd100k_rain.py", "bdd100k_rain.py: no such file"),
        ("none/none.py", "none/none.py: no such file"),
        ("~nobody.py", "~nobody.py: no such file"),
        ("folder.py", "folder.py: a folder, not a file"),
        ("latin.py", "latin.py: not UTF-8 text"),
        ("a\0.py", "embedded null"),  # which Pythons word differently
        ("a\n.py", r"'a\n.py': no such file"),
        ("a" * 300 + ".py", "File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(save: Save, name: str, said: str) -> None:
    Path("folder.py").mkdir()
    Path("latin.py").write_bytes(b"# \xe4\n")
    error = refused(name)
    assert said in error.message
    assert error.hint is not None
    assert ", ".join(NAMES) in error.hint


def test_a_file_of_the_user_starts_from_the_published_settings(save: Save) -> None:
    config = load_config(save("import math\noptim = {'lr': 1e-3}\nrun = dict(direction='BtoA')\n"))
    assert config.as_dict() == changed(optim={"lr": 1e-3}, run={"direction": "BtoA"})
    assert config.run.direction is Direction.B_TO_A


def test_a_file_of_the_user_builds_upon_others(save: Save) -> None:
    save("optim = {'lr': 1e-3, 'beta1': 0.25}\nloss = {'weighting': None}\n", "first.py")
    config = load_config(save("_base_ = 'first.py'\noptim = {'lr': 2}\ndata = {'crop': 64}\n"), ["data.crop=32"])
    assert config.as_dict() == changed(
        optim={"lr": 2, "beta1": 0.25}, data={"crop": 32}, loss={"weighting": Weighting.NONE}
    )
    based = load_config(save(f"_base_ = {str(preset_folder() / 'init_rain.py')!r}\noptim = {{'_delete_': True}}\n"))
    assert based == load_config("init_rain")


def test_a_preset_means_the_same_in_every_environment(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "from outside")
    config = load_config(save("domains = {'source': '{{$NAME:x}}', 'target': '{{ fileBasename }}'}\n"))
    assert (config.domains.source, config.domains.target) == ("{{$NAME:x}}", "{{ fileBasename }}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import math\nx = 1 / 0\n", "mine.py, line 2: ZeroDivisionError: division by zero"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", "mine.py, line 5: ZeroDivisionError: division by zero"),
        ("\na = (\n", "mine.py, line 2: '(' was never closed"),
        ("return 3\n", "mine.py, line 1: 'return' outside function"),
        ("\nexec('1 +')\n", "mine.py, line 2: SyntaxError: invalid syntax"),
        ("width = {{$X:3}}\n", "mine.py, line 1: invalid syntax"),
        ("from nowhere import x\n", "mine.py, line 1: ModuleNotFoundError: No module named 'nowhere'"),
        ("raise ValueError\n", "mine.py, line 1: ValueError"),
        ("raise ValueError('a\\nb')\n", "mine.py, line 1: ValueError: a"),
        ("import sys\nsys.exit('a\\nb')\n", r"mine.py, line 2: 'SystemExit: a\nb'"),
        ("open('none')\n", "mine.py, line 1: FileNotFoundError: No such file or directory"),
        ("with read_base():\n    pass\n", "mine.py, line 1: NameError: name 'read_base' is not defined"),
        ("_base_ = 'none.py'\n", "mine.py: FileNotFoundError: file"),
        ("_base_ = 'mine.py'\n", "mine.py: RecursionError: maximum recursion depth exceeded"),
        ("_base_ = unknown\n", "mine.py: NameError: name 'unknown' is not defined"),
        ("_base_ = 3\n", "mine.py: TypeError: "),
        ("_base_ = 'broken.py'\n", "mine.py: in its _base_, line 2: '(' was never closed"),
        ("_base_ = 'failing.py'\n", "failing.py, line 3: IndexError: list index out of range"),
        ("_base_ = 'good.py'\noptim = {'lr': {'x': 1}}\n", "mine.py: TypeError: lr={'x': 1} in child config"),
        ("filename = 'x'\n", "mine.py: KeyError: 'filename is reserved for config file'"),
        ("_deprecation_ = 3\n", "mine.py: TypeError: "),
        ("file = open('good.py')\n", "mine.py: TypeError: cannot pickle"),
        ("from math import pi\n", "mine.py: unknown key 'pi'"),
        ("helper = 3\n", "mine.py: unknown key 'helper'"),
        ("lr = 3\n", "mine.py: unknown key 'lr'"),
        ("_private = 3\n", "mine.py: unknown key '_private'"),
        ("custom_imports = {'imports': ['nowhere']}\n", "mine.py: unknown key 'custom_imports'"),
        ("optim = 3\n", "mine.py: optim: a section, no setting"),
        ("optim = {'learning_rate': 3}\n", "mine.py: unknown key 'optim.learning_rate'"),
        ("optim = {'_delete_': True}\n", "mine.py: unknown key 'optim._delete_'"),
        ("optim = {1: 2}\n", "mine.py: unknown key 'optim.1'"),
        ("optim = {'lr': 'fast'}\n", "mine.py: optim.lr: 'fast' should be a valid number"),
        ("optim = {'lr': lambda: 3}\n", "mine.py: optim.lr: <function <lambda>"),
        ("data = {'crop': 800}\n", "mine.py: data.crop and data.width: a crop of 800 does not fit"),
        ("data = {'crop': 800, 'width': 'x'}\noptim = {'lr': 0}\n", "mine.py: data.width: 'x' should be"),
    ],
)
def test_a_bad_file_is_named_with_its_line(save: Save, text: str, said: str) -> None:
    save("a = 1\nb = (\n", "broken.py")
    save("a = []\n\nb = a[3]\n", "failing.py")
    save("optim = {'lr': 1e-3}\n", "good.py")
    assert said in refused(save(text)).message
    gc.collect()  # a file that mmengine leaves open would warn now


def test_a_bad_file_is_blamed_beside_settings(save: Save) -> None:
    assert refused(save("optim = 3\n"), "optim.lr=1").message == "mine.py: optim: a section, no setting"
    name = save("optim = {'lr': 'fast'}\n")
    assert refused(name, "optim.beta1=x").message == "mine.py: optim.lr: 'fast' should be a valid number (and 1 more)"
    assert refused(name, "optim.lr=x").message == "optim.lr: 'x' should be a valid number"
    assert load_config(name, ["optim.lr=1"]).optim.lr == 1


def test_the_hint_for_a_missing_base_tells_where_the_presets_are(save: Save) -> None:
    assert str(preset_folder()) in (refused(save("_base_ = 'init_rain.py'\n")).hint or "")


def test_the_hint_for_a_helper_tells_how_to_hide_it(save: Save) -> None:
    assert "ends with del" in (refused(save("helper = 3\n")).hint or "")
    assert "ends with del" not in (refused(save("optim = 3\n")).hint or "")
    assert load_config(save("helper = 3\noptim = {'lr': helper}\ndel helper\n")).optim.lr == 3


def test_warnings_of_a_preset_are_silent(save: Save, capfd: pytest.CaptureFixture[str]) -> None:
    text = "import warnings\nwarnings.warn('x')\n_deprecation_ = {'expected': 'y'}\ndomains = {'source': '\\d'}\n"
    assert load_config(save(text)).domains.source == r"\d"
    assert capfd.readouterr() == ("", "")


TEXT = st.text(max_size=30)
KEY = st.one_of(
    st.sampled_from([*SETTINGS, *SECTIONS, "_delete_", "optim._delete_", "filename", "text", "_base_", "optim.lr.x"]),
    TEXT,
)
LITERAL = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.integers(), st.text(max_size=5), st.just("_delete_")), inner, max_size=3),
    ),
    max_leaves=5,
)
CHOSEN = st.one_of(TEXT, st.builds("{}={}".format, KEY, TEXT), st.builds("{}={!r}".format, KEY, LITERAL))


@settings(max_examples=200, deadline=None)
@given(chosen=st.lists(CHOSEN, max_size=3))
def test_any_settings_end_in_a_config_or_in_one_line(chosen: list[str]) -> None:
    error = None
    try:
        config = load_config("tiny", chosen)
    except ConfigError as caught:
        error = caught
    if error is None:
        assert TrainConfig.from_dict(config.as_dict()) == config
    else:
        assert error.hint
        assert len((error.message + error.hint).splitlines()) == 1


@settings(max_examples=50, deadline=None)
@given(name=TEXT.filter(lambda text: text not in NAMES))
def test_any_name_ends_in_one_line(name: str) -> None:
    for preset in (name, f"{name}.py"):
        with pytest.raises(ConfigError) as caught:
            load_config(preset)
        assert len((caught.value.message + (caught.value.hint or "")).splitlines()) == 1


def test_every_setting_is_explained() -> None:
    listed = explain()
    assert [setting.key for setting in listed] == list(SETTINGS)
    assert all(setting.meaning.endswith(".") for setting in listed)
    assert ("optim.lr", 2e-4, "Learning rate, over 0.") in listed
    assert next(setting.default for setting in listed if setting.key == "loss.weighting") == "semantic"
