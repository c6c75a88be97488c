"""What is drawn for each picture and copy: told by its name, the copy and the seed alone."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from pipeline.augment.amounts import Spread
from pipeline.augment.drawing import ALIKE, Drawing, DrawnWeights, drawing_again
from pipeline.augment.lot import Lot
from pipeline.augment.options import AugmentOptions
from pipeline.augment.variant_words import variants_words
from pipeline.augment.variants import notes_on_copies, variants_summary, variants_table
from pipeline.effects.variant import Variant
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.tasks import Action, Task
from pipeline.weights.packaged import RAIN

NONE, LIGHT, MODERATE, HEAVY = WaterLevel
NAMES = [f"{number:04}.jpg" for number in range(400)]
TWO = (DrawnWeights(name="rain", share=0.7, level=MODERATE), DrawnWeights(name="night", share=0.3))


def task(name: str, copy: int = 1) -> Task:
    stem = name.removesuffix(".jpg")
    return Task(f"{stem}_{copy}.jpg", f"images/{stem}_r_{copy}.jpg", Action.TRANSLATE, None, name, copy)


def test_where_all_are_done_alike_nothing_is_drawn() -> None:
    assert ALIKE.of(task("a.jpg", 3)) == Variant(level=NONE)
    drawing = Drawing(strength=0.5, water=HEAVY, weights=TWO[:1])
    assert not drawing.differs
    assert {drawing.of(task(name)) for name in NAMES} == {Variant(strength=0.5, level=HEAVY)}
    assert variants_summary(drawing, [task("a.jpg")]) is None


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(copies=2),
        Drawing(strength=Spread((0.5, 1.0), in_turn=True)),
        Drawing(water=Spread((NONE, LIGHT), in_turn=False)),
        Drawing(weights=TWO),
    ],
)
def test_copies_and_whatever_is_drawn_make_pictures_differ(drawing: Drawing) -> None:
    assert drawing.differs


def test_weights_are_drawn_by_their_shares() -> None:
    drawing = Drawing(water=None, weights=TWO)
    found = Counter(drawing.of(task(name, copy)).generator for name in NAMES for copy in (1, 2, 3))
    assert 0.65 < found[0] / 1200 < 0.75
    assert found.keys() == {0, 1}


def test_each_generator_has_its_own_water_unless_it_is_told() -> None:
    own, told = (Drawing(water=water, weights=TWO) for water in (None, HEAVY))
    for name in NAMES[:50]:
        one = own.of(task(name))
        assert one.level is TWO[one.generator].level
        assert told.of(task(name)) == Variant(level=HEAVY, generator=one.generator)
    assert (own.levels, own.is_wet, own.water_text()) == ([NONE, MODERATE], True, "none, moderate, as the weights ask")
    assert (told.levels, told.is_wet, told.water_text()) == ([HEAVY], True, "heavy")
    assert not Drawing(water=None, weights=TWO[1:]).is_wet


def test_levels_are_told_once_and_in_order() -> None:
    assert Drawing(water=Spread((HEAVY, LIGHT, HEAVY), in_turn=True)).levels == [LIGHT, HEAVY]
    assert Drawing(water=Spread((LIGHT, HEAVY), in_turn=False)).levels == [LIGHT, MODERATE, HEAVY]


def test_the_lot_depends_on_source_copy_and_seed_alone() -> None:
    drawing = Drawing(strength=Spread((0.0, 1.5), in_turn=False))
    renamed = Task("x.png", "y.png", Action.TRANSLATE, (8, 8), "a.jpg", 2)
    assert drawing.of(renamed) == drawing.of(task("a.jpg", 2))
    assert drawing.of(renamed) != drawing.of(task("a.jpg", 1))
    assert Drawing(strength=drawing.strength, copies=9).of(renamed) == drawing.of(renamed)
    assert Drawing(strength=drawing.strength, seed=1).of(renamed) != drawing.of(renamed)


def test_the_lot_is_the_same_on_every_machine_and_day() -> None:
    lots = [Lot(seed, name, copy) for seed, name, copy in ((0, "a.jpg", 1), (0, "a.jpg", 2), (7, "a.jpg", 1))]
    assert [one.share("strength") for one in lots] == [0.10729581509464414, 0.948074442164617, 0.4235642331586448]
    assert [Lot(0, name, copy).turn("level", 3) for name in ("a.jpg", "b.jpg") for copy in (1, 2, 3)] == [
        0,
        1,
        2,
        2,
        0,
        1,
    ]


def test_what_is_drawn_is_drawn_independently() -> None:
    strength, water = Spread((0.0, 1.0), in_turn=False), Spread((NONE, HEAVY), in_turn=False)
    drawn = [*map(Drawing(strength=strength, water=water, weights=TWO).of, map(task, NAMES))]
    for alike in ("generator", "level"):
        for value in {getattr(one, alike) for one in drawn}:
            strengths = [one.strength for one in drawn if getattr(one, alike) == value]
            assert sum(strengths) / len(strengths) == pytest.approx(0.5, abs=0.1)
    shares = Counter(one.level for one in drawn if one.generator == 0)
    assert all(number / sum(shares.values()) == pytest.approx(0.25, abs=0.1) for number in shares.values())


# What a run records of it


def again(options: AugmentOptions, **settings: Any) -> Drawing:  # noqa: ANN401 (as run.json has them)
    weights = settings.pop("weights", None)
    return drawing_again(options, {"settings": {**options.settings(), **settings}, "weights": weights})


def test_a_record_gives_back_what_was_drawn() -> None:
    told: Any = {"strength": "0.5..1", "water": "light,heavy", "copies": 3, "seed": 4}
    options = AugmentOptions(**told)
    spread = {"strength": Spread((0.5, 1.0), in_turn=False), "water": Spread((LIGHT, HEAVY), in_turn=True)}
    alone: Any = {"seed": 4, "copies": 3, **spread}
    given = {"weights_sha256": "0", "weights": {"path": "runs/generator.safetensors"}}
    assert again(options, **given) == Drawing(**alone, weights=(DrawnWeights(name="runs/generator.safetensors"),))
    packaged = {"weights_sha256": RAIN.sha256, "weights": {"path": "/somewhere/rain.safetensors"}}
    assert again(options, **packaged).weights[0].name == "rain"
    assert again(AugmentOptions(water_only=True, water=HEAVY)) == Drawing(water=HEAVY)


def test_a_record_of_several_gives_them_back_in_their_order() -> None:
    mixture = [{"share": one.share, "water": one.level.value, "width": 64} for one in TWO]
    given: Any = {"weights_sha256": [RAIN.sha256, "1"], "weights": [{"path": "/x/rain"}, {"path": "/y/runs/night"}]}
    found = again(AugmentOptions(), mixture=mixture, **given)
    assert found == Drawing(water=None, weights=(TWO[0], replace(TWO[1], name="runs/night")))
    for damaged in (mixture[:1], [*mixture, *mixture], None):
        with pytest.raises((LookupError, TypeError, ValueError)):
            again(AugmentOptions(), mixture=damaged, **given)


@pytest.mark.parametrize("one", [{}, {"share": "x", "water": "none"}, 3, {"share": 1}, {"share": 1, "water": "x"}])
def test_a_damaged_record_of_several_is_noticed(one: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        again(AugmentOptions(), mixture=[one], weights_sha256=["0"], weights=[{"path": "a"}])


# What is told of it


def test_the_table_has_a_row_for_each_picture() -> None:
    drawing = Drawing(strength=Spread((0.5, 1.0), in_turn=True), water=HEAVY, copies=2, weights=TWO[:1])
    rows = variants_table(drawing, [task("a.jpg", 1), task("a.jpg", 2)]).splitlines()
    assert rows[0] == "file,output,source,copy,weights,strength,water"
    assert [row.split(",")[:5] for row in rows[1:]] == [
        [f"a_{copy}.jpg", f"images/a_r_{copy}.jpg", "a.jpg", str(copy), "rain"] for copy in (1, 2)
    ]
    assert sorted(row.split(",")[5:] for row in rows[1:]) == [["0.5", "heavy"], ["1.0", "heavy"]]


def test_names_in_the_table_are_cells_and_no_formulas() -> None:
    odd = Task('=1+"a,b"\n.jpg', "@x", Action.TRANSLATE, None)
    (row,) = variants_table(Drawing(copies=2, water=HEAVY), [odd]).splitlines()[1:]
    assert row == """'=1+"a,b"\\n.jpg,'@x,'=1+"a,b"\\n.jpg,1,,,heavy""".replace(
        """'=1+"a,b"\\n.jpg""", '''"'=1+""a,b""\\n.jpg"'''
    )


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        (Drawing(copies=3, weights=TWO[1:]), "the 3 copies of a picture are all alike"),
        (Drawing(copies=3, strength=Spread((0.5, 1.0), in_turn=True), weights=TWO[1:]), "alike but for 2 at most"),
        (Drawing(copies=3, water=None, weights=TWO[1:]), "all alike"),
        (Drawing(copies=3, weights=TWO), "alike but for 2 at most"),
        (Drawing(copies=2, strength=Spread((0.5, 1.0), in_turn=True), weights=TWO[1:]), None),
        (Drawing(copies=9, strength=Spread((0.5, 1.0), in_turn=False), weights=TWO[1:]), None),
        (Drawing(copies=9, water=LIGHT, weights=TWO[1:]), None),
        (Drawing(copies=9, water=None, weights=TWO), None),
        (Drawing(copies=9, water=LIGHT), None),
        (Drawing(weights=TWO), None),
    ],
)
def test_copies_that_will_be_alike_are_told(drawing: Drawing, said: str | None) -> None:
    notes = notes_on_copies(drawing)
    assert len(notes) == (said is not None)
    assert all(str(said) in note and "`strength` 0.6..1.2" in note for note in notes)


def test_what_is_drawn_is_said_in_words() -> None:
    tasks = [task(name, copy) for name in NAMES[:4] for copy in (1, 2, 3)]
    spread = Drawing(strength=Spread((0.5, 1.0), in_turn=False), water=None, copies=3, weights=TWO)
    summary = variants_summary(spread, [*tasks, Task("kept.jpg", "kept.jpg", Action.KEEP, None)])
    assert summary == {
        **{"pictures": 4, "copies": 3, "strength": "0.5..1.0", "water": "none, moderate, as the weights ask"},
        "weights": {"rain": 0.7, "night": 0.3},
    }
    assert variants_words(summary) == (
        "3 copies of each of 4 pictures, strength 0.5..1.0, water none, moderate, as the weights ask, "
        "weights rain 70 %, night 30 %"
    )
    dry = variants_summary(Drawing(water=Spread((LIGHT, HEAVY), in_turn=False)), tasks[:1])
    assert dry is not None
    assert variants_words(dry) == "drawn for each of 1 picture, water light..heavy"
