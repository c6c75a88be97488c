"""YAML of the user's: what ``yaml.safe_load`` says, by either parser, and nothing that hides something."""

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files import yaml_text
from pipeline.files.yaml_text import MAX_BYTES, YamlError, parse

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    monkeypatch.setattr(yaml_text, "_LOADER", request.param)
    found: type = request.param
    return found


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [1.5, -0x1F, 0o7, 017, 1_000, .inf, 1e3, 1.0e+3, 12:30, 12:30.5]\n",
        "a: [yes, No, on, true, ~, null, Null, y]\nb:\n",
        "'a': \"b\\u00e9\\n\"\n? c\n: |\n  text\n    more\n\nd: >-\n  folded\n  text\n",
        "# only a comment\n",
        "",
        "---\na: !!str 1\n...\n",
        "[{a: [{b: c}]}, [[]], {}]",
        "- a\n-\n  - b\n- ? c\n",
        "a: 'it''s'\r\nb: 2\r\n",
        "\ufeffa: \u65e5\u672c\n",
    ],
)
def test_plain_data_are_what_others_read(loader: type, text: str) -> None:
    del loader
    assert repr(parse(text.encode()).content) == repr(yaml.safe_load(text))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN, st.sampled_from([None, True, False]), st.sampled_from([None, '"', "'", "|"]))
def test_both_parsers_read_what_was_written(content: object, flow: bool | None, style: str | None) -> None:
    text = yaml.safe_dump(content, default_flow_style=flow, default_style=style, allow_unicode=True)
    if "&id" in text or "!!" in text:  # a list that stands twice, a number in quotes
        return
    with pytest.MonkeyPatch.context() as patched:
        for loader in LOADERS:
            patched.setattr(yaml_text, "_LOADER", loader)
            assert repr(parse(text.encode()).content) == repr(yaml.safe_load(text))


def test_a_date_stays_a_text(loader: type) -> None:
    del loader
    assert parse(b"[2024-01-01, 2024-13-45, 2001-12-14t21:59:43.10-05:00]").content == [
        "2024-01-01",
        "2024-13-45",
        "2001-12-14t21:59:43.10-05:00",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x\n", "line 2: the alias *x"),
        ("a: 1\n<<: {b: c}\n", "line 2: the merge key <<"),
        ("a: {<<: {b: c}}\n", "line 1: the merge key <<"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands twice"),
        ("a:\n  b: 1\n  'b': 2\n", "line 3: the key 'b' stands twice"),
        ("1: a\n1.0: b\n", "line 2: the key '1.0' stands twice"),
        ("a: 1\nb: !!int 2\n", "line 2: the tag tag:yaml.org,2002:int"),
        ("a: !!binary aGk=\n", "line 1: the tag"),
        ("a: !!python/name:os.system\n", "line 1: the tag"),
        ("!!set {a, b}\n", "line 1: the tag"),
        ("a: !mine b\n", "line 1: the tag !mine"),
        ("[a]: b\n", "line 1: a list or a mapping in the place of a key"),
        ("a: 1\n{b: c}: d\n", "line 2: a list or a mapping in the place of a key"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document"),
        ("a: 59" + ":59" * 40, "line 1: a number of 122 characters"),
        ("a:\n- " + "9" * 5000, "line 2: a number of 5,000 characters"),
        ("a: 0x_\n", "line 1: '0x_' is no number"),
        ("a: 0b_\n", "line 1: '0b_' is no number"),
        ("a: 1\nb: [c\n", "line 3: "),
        ("a: 1\nb: {c", "line 2: "),
        ("a: b: c", "line 1: mapping values are not allowed"),
        ("a: 1\n\tb: 2", "line 2: "),
        ('a: "\\ud800"', "line 1: "),
        ("a: 1\nb: \x07\n", "line 2: holds the character U+0007, which YAML has not"),
        ("%YAML 3.0\n---\na", "line 1: found incompatible YAML document"),
        ("a: 1\nb:\n- " + "[" * 40, "line 3: more than 32 lists and mappings in each other"),
        ("a: " + "{b: " * 40, "line 1: more than 32 lists and mappings in each other"),
        ("- " * 10_000, "line 1: more than 32 lists and mappings in each other"),
    ],
)
def test_what_is_refused_is_named_with_its_line(loader: type, text: str, reason: str) -> None:
    del loader
    with pytest.raises(YamlError) as caught:
        parse(text.encode())
    assert caught.value.reason.startswith(reason)
    assert len(caught.value.reason) < 150
    assert caught.value.hint


def test_more_values_than_the_bound_takes_are_refused(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    del loader
    monkeypatch.setattr(yaml_text, "MAX_VALUES", 100)
    assert parse(f"[{'a,' * 99}]".encode()).content == ["a"] * 99
    for text in (f"a:\n- b\n- [{'a,' * 100}]", f"a: 1\nb: 2\nc: {{{'? a,' * 1_000_000}}}"):
        with pytest.raises(YamlError, match="line 3: more than 100 values"):
            parse(text.encode())


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{" * 1_000_000, "{a: [" * 300_000, "[" * 10_000])
def test_no_more_of_a_deep_text_is_read_than_the_bound_takes(
    loader: type, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []

    def counted(text: str, Loader: type[yaml.SafeLoader]) -> Iterator[object]:  # noqa: N803 (PyYAML's name)
        for event in real(text, Loader=Loader):
            events.append(event)
            yield event

    del loader
    real = yaml.parse
    monkeypatch.setattr(yaml, "parse", counted)
    with pytest.raises(YamlError, match="in each other"):
        parse(text.encode())
    assert len(events) < 60


def test_a_file_that_is_too_long_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "parse", lambda *given, **named: pytest.fail("parsed"))
    with pytest.raises(YamlError, match="more than 4 MiB"):
        parse(b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("encoding", "text", "reason"),
    [
        ("utf-16", "a: b\n", "its encoding is UTF-16, not UTF-8"),
        ("utf-16-le", "a: b\n", "its encoding is UTF-16LE, not UTF-8"),
        ("utf-16-be", "a: b\n", "its encoding is UTF-16BE, not UTF-8"),
        ("utf-32", "a: b\n", "its encoding is UTF-32, not UTF-8"),
        ("gbk", "a: b\nc: \u6c7d\u8f66\n", "line 2: not UTF-8, the byte 0xc6"),
        ("cp1252", "a: caf\u00e9\n", "line 1: not UTF-8, the byte 0xe9"),
        ("shift-jis", "a: \u65e5\n", "line 1: not UTF-8, the byte 0x93"),
    ],
)
def test_another_encoding_is_named_with_the_remedy(encoding: str, text: str, reason: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text.encode(encoding))
    assert caught.value.reason == reason
    assert caught.value.hint.startswith("Save it as UTF-8 in an editor, or with: iconv -f ")
