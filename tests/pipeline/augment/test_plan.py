"""The plan: who is translated, kept and written where, checked before the first write."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.augment.choice import choose, in_order
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan, make_plan
from pipeline.engine.tasks import Action
from pipeline.errors import CollisionError, OutputError, UnsafeNameError
from pipeline.labels.interface import LabelledPicture
from pipeline.labels.memory import InMemory
from pipeline.labels.none import NoLabels
from pipeline.output.layout import RESERVED
from pipeline.output.shards import Shard
from tpsence.errors import InputError

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)
NAMES = [f"{folder}/{number:04d}.jpg" for folder in ("day", "night") for number in range(500)]
FRACTIONS = st.floats(0.001, 1.0)
SEEDS = st.integers(0, 2**40)
# Any name of a file, also those that are no UTF-8.
ANY_NAMES = st.text(st.characters(codec="utf-8") | st.sampled_from("\udc80\udcff"), min_size=1, max_size=30)


class Labels(NoLabels):
    """Labels with files of their own."""

    def __init__(
        self,
        root: Path,
        names: Sequence[str],
        prefix: str = "",
        inputs: Sequence[Path] = (),
        files: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(root, names)
        self.image_prefix = prefix
        self._inputs = inputs
        self._files = files
        self.asked: list[dict[str, str]] = []

    def inputs(self) -> Sequence[Path]:
        return self._inputs

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        self.asked.append(dict(kept))
        return self._files


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def plan_of(images: Path, names: Sequence[str], out: str = "out", **options: object) -> Plan:
    return make_plan(
        NoLabels(images, names),
        AugmentOptions(**options),  # type: ignore[arg-type]
        images.parent / out,
    )


# The tasks


def test_by_default_every_picture_is_translated_under_its_name(images: Path) -> None:
    plan = plan_of(images, ["b.jpg", "a/c.png"])
    assert [(task.name, task.output, task.action) for task in plan.tasks] == [
        ("b.jpg", "b.jpg", Action.TRANSLATE),
        ("a/c.png", "a/c.png", Action.TRANSLATE),
    ]
    assert plan.suffixes == {"b.jpg": "", "a/c.png": ""}
    assert plan.source(plan.tasks[1]) == images / "a" / "c.png"


def test_pictures_that_are_not_chosen_are_left_out(images: Path) -> None:
    plan = plan_of(images, NAMES, fraction=0.3)
    chosen = choose(plan.labels, AugmentOptions(fraction=0.3))
    assert len(chosen) == 300
    assert [task.name for task in plan.tasks] == [name for name in NAMES if name in chosen]
    assert list(plan.suffixes) == [task.name for task in plan.tasks]


def test_originals_complete_the_output_without_a_suffix(images: Path) -> None:
    plan = plan_of(images, NAMES, fraction=0.3, keep_originals=True, suffix="_rain")
    assert [task.name for task in plan.tasks] == NAMES
    chosen = choose(plan.labels, AugmentOptions(fraction=0.3))
    for task in plan.tasks:
        if task.name in chosen:
            wanted = (Action.TRANSLATE, task.name.replace(".jpg", "_rain.jpg"), "_rain")
        else:
            wanted = (Action.KEEP, task.name, "")
        assert (task.action, task.output, plan.suffixes[task.name]) == wanted


def test_the_label_s_size_and_the_prefix_go_into_the_task(images: Path) -> None:
    labels = Labels(images, [], prefix="train/images")
    labels.pictures = [LabelledPicture("a/b.jpg", (640, 480))]
    task = make_plan(labels, AugmentOptions(suffix="_r"), images.parent / "out").tasks[0]
    assert (task.output, task.size) == ("train/images/a/b_r.jpg", (640, 480))


def test_the_labels_are_asked_for_the_pictures_of_the_output_alone(images: Path) -> None:
    labels = Labels(images, NAMES)
    plan = make_plan(labels, AugmentOptions(fraction=0.2, suffix="_x"), images.parent / "out")
    assert labels.asked == [dict(plan.suffixes)]


def test_planning_writes_nothing(images: Path) -> None:
    plan_of(images, NAMES)
    assert [path.name for path in images.parent.rglob("*")] == ["images"]


@pytest.mark.parametrize("suffix", ["/x", "\\x", "a b", "x:", "..\0", "a" * 65, "*"])
def test_a_suffix_that_could_leave_the_folder_is_refused(suffix: str, images: Path) -> None:
    with pytest.raises(InputError, match="`suffix`"):
        plan_of(images, ["a.jpg"], suffix=suffix)


# Shards


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_shards_share_the_tasks_out_without_gap_or_overlap(count: int, images: Path) -> None:
    plan = plan_of(images, NAMES[:100])
    parts = [plan.of_shard(Shard(index=index, count=count)) for index in range(1, count + 1)]
    assert sorted(task.name for part in parts for task in part) == sorted(NAMES[:100])
    order = {task: place for place, task in enumerate(plan.tasks)}
    assert all(part == sorted(part, key=order.__getitem__) for part in parts)
    assert max(map(len, parts)) < 100 or count == 1


@EXAMPLES
@given(names=st.lists(st.from_regex(r"[a-z0-9]{1,12}\.jpg", fullmatch=True), unique=True), count=st.integers(1, 9))
def test_shards_of_any_names_partition_them(names: list[str], count: int) -> None:
    plan = make_plan(NoLabels(Path("/nowhere/images"), names), AugmentOptions(), Path("/nowhere/out"))
    parts = [plan.of_shard(Shard(index=index, count=count)) for index in range(1, count + 1)]
    assert sorted(task.name for part in parts for task in part) == sorted(names)


def test_the_shard_of_a_picture_depends_on_its_name_alone(images: Path) -> None:
    whole, fewer = plan_of(images, NAMES), plan_of(images, NAMES[::-2])
    names = {task.name for task in whole.of_shard(Shard(index=2, count=3))}
    assert {task.name for task in fewer.of_shard(Shard(index=2, count=3))} == names & set(NAMES[::-2])


def test_the_shard_does_not_follow_from_the_choice(images: Path) -> None:
    chosen = plan_of(images, NAMES, fraction=0.5)
    sizes = [len(chosen.of_shard(Shard(index=index, count=2))) for index in (1, 2)]
    assert min(sizes) > 0.4 * len(chosen.tasks)


# Collisions


@pytest.fixture(params=[True, False], ids=["apart", "as one"])
def told_apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system of the output tells names apart that differ by case or accents only."""
    monkeypatch.setattr("pipeline.engine.tasks.tells_spellings_apart", lambda _: request.param)
    return bool(request.param)


@pytest.mark.parametrize(
    "names",
    [
        ["a.jpg", "A.jpg"],
        ["a.jpg", "a.JPG"],
        ["d/a.jpg", "D/a.jpg"],
        ["stra\u00dfe.jpg", "STRASSE.jpg"],
        [unicodedata.normalize("NFC", "\u00e9.jpg"), unicodedata.normalize("NFD", "\u00e9.jpg")],
        ["\u00c9.jpg", "e\u0301.jpg"],
        ["a.jpg/b/c.jpg", "A.JPG"],
    ],
)
def test_outputs_that_differ_by_spelling_only_are_taken_where_they_are_told_apart(
    names: list[str], images: Path, told_apart: bool
) -> None:
    if told_apart:
        assert [task.output for task in plan_of(images, names).tasks] == names
        return
    with pytest.raises(CollisionError, match="would both become") as caught:
        plan_of(images, names)
    assert caught.value.hint


@pytest.mark.parametrize(
    "names",
    [
        ["a.jpg", "a.jpg/b.jpg"],
        ["a.jpg", "a.jpg"],
        ["a.jpg", "A.jpg", "a.jpg"],
        *([name] for name in RESERVED),
        ["RUN.JSON"],
        ["run.json/a.jpg"],
        [".tpsence/files.txt"],
        [".TPSence/a.jpg"],
    ],
)
@pytest.mark.usefixtures("told_apart")
def test_two_outputs_that_are_one_everywhere_are_refused(names: list[str], images: Path) -> None:
    with pytest.raises(CollisionError, match="would both become") as caught:
        plan_of(images, names)
    assert caught.value.hint


@pytest.mark.parametrize(
    "names",
    [
        ["a.jpg", "a.png"],
        ["a/b.jpg", "a/c.jpg", "b/b.jpg"],
        ["a.jpg", "a.jpg.d/b.jpg"],
        ["d/run.json", "d/.tpsence/a.jpg", "run.json.jpg"],
        ["e.jpg", "\u00e9.jpg"],
    ],
)
def test_outputs_that_only_look_alike_are_planned(names: list[str], images: Path) -> None:
    assert [task.output for task in plan_of(images, names).tasks] == names


def test_below_a_prefix_no_name_is_reserved(images: Path) -> None:
    plan = make_plan(Labels(images, ["run.json"], prefix="images"), AugmentOptions(), images.parent / "out")
    assert plan.tasks[0].output == "images/run.json"


def test_a_suffix_may_not_make_the_name_of_another_picture(images: Path) -> None:
    names = ["a.jpg", "a_rain.jpg"]
    seed = next(seed for seed in range(100) if in_order(names, seed) == names)
    with pytest.raises(CollisionError, match=r"a_rain\.jpg"):
        plan_of(images, names, fraction=0.5, seed=seed, keep_originals=True, suffix="_rain")
    assert len(plan_of(images, names, fraction=0.5, seed=seed, suffix="_rain").tasks) == 1
    assert len(plan_of(images, names, suffix="_rain").tasks) == 2


@pytest.mark.parametrize("label_file", ["a.jpg", "a.jpg/labels.json", "run.json", "d"])
@pytest.mark.usefixtures("told_apart")
def test_a_label_file_may_not_take_a_picture_s_place(label_file: str, images: Path) -> None:
    labels = Labels(images, ["a.jpg", "d/b.jpg"], files=[(label_file, "labels.json")])
    with pytest.raises(CollisionError):
        make_plan(labels, AugmentOptions(), images.parent / "out")


def test_the_message_names_both_origins_and_the_number(images: Path) -> None:
    with pytest.raises(CollisionError) as caught:
        plan_of(images, ["a.jpg", "b.jpg", "a.jpg", "b.jpg"])
    assert caught.value.message == f"{images}/a.jpg and {images}/a.jpg would both become a.jpg (2 such cases)"


# Places


@pytest.mark.parametrize("out", ["images", "images/out", "images/a/b", ".", ""])
def test_an_output_that_overlaps_the_images_is_refused(out: str, images: Path) -> None:
    with pytest.raises(OutputError, match="the input"):
        plan_of(images, ["a.jpg"], out=out)


def test_an_overlap_through_a_link_is_refused(images: Path) -> None:
    (images.parent / "link").symlink_to(images)
    with pytest.raises(OutputError, match="is inside the input"):
        plan_of(images, ["a.jpg"], out="link/out")


def test_an_output_beside_the_images_with_a_longer_name_is_fine(images: Path) -> None:
    assert plan_of(images, ["a.jpg"], out="images_rain").tasks


def test_an_output_beside_the_folders_of_pictures_in_memory_is_fine(images: Path) -> None:
    labels = InMemory(images.parent, {"train/a.jpg": [], "val/b.jpg": []})
    assert make_plan(labels, AugmentOptions(), images.parent / "rain").tasks


@pytest.mark.parametrize("out", ["train", "train/rain", ""])
def test_an_output_that_overlaps_a_folder_of_pictures_in_memory_is_refused(out: str, images: Path) -> None:
    root = images.parent
    (root / "train").mkdir()
    labels = InMemory(root, {"train/a.jpg": [], "val/b.jpg": []})
    with pytest.raises(OutputError, match=f"the input {root}/train"):
        make_plan(labels, AugmentOptions(), root / out)


def test_an_output_that_holds_the_label_file_is_refused(images: Path) -> None:
    out = images.parent / "out"
    out.mkdir()
    (out / "labels.json").touch()
    with pytest.raises(OutputError, match=r"contains the input .*labels\.json"):
        make_plan(Labels(images, ["a.jpg"], inputs=[out / "labels.json"]), AugmentOptions(), out)


def test_an_output_inside_the_label_folder_is_refused(images: Path) -> None:
    folder = images.parent / "labels"
    folder.mkdir()
    with pytest.raises(OutputError, match="is inside the input"):
        make_plan(Labels(images, ["a.jpg"], inputs=[folder]), AugmentOptions(), folder / "out")


def test_an_output_beside_the_label_file_is_fine(images: Path) -> None:
    file = images.parent / "labels.json"
    file.touch()
    assert make_plan(Labels(images, ["a.jpg"], inputs=[file]), AugmentOptions(), images.parent / "out").tasks


@pytest.mark.parametrize("name", ["link/secret.jpg", "secret.jpg"])
def test_a_link_out_of_the_image_folder_is_refused(name: str, images: Path) -> None:
    outside = images.parent / "outside"
    outside.mkdir()
    (outside / "secret.jpg").touch()
    (images / "link").symlink_to(outside)
    (images / "secret.jpg").symlink_to(outside / "secret.jpg")
    with pytest.raises(UnsafeNameError, match="leads out of"):
        plan_of(images, [name])


def test_a_link_within_the_image_folder_is_followed(images: Path) -> None:
    (images / "a.jpg").touch()
    (images / "link.jpg").symlink_to("a.jpg")
    assert len(plan_of(images, ["a.jpg", "link.jpg"]).tasks) == 2


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("n" * 252 + ".jpg", ""), ("n" * 251 + ".jpg", "_"), ("雨" * 84 + ".jpg", ""), ("d/" + "n" * 250 + ".jpg", "_r")],
    ids=["name", "suffix", "rain", "folder"],
)
def test_a_name_over_255_bytes_is_refused(name: str, suffix: str, images: Path) -> None:
    with pytest.raises(InputError, match="longer than 255 bytes") as caught:
        plan_of(images, [name], suffix=suffix)
    assert caught.value.hint == "Shorten `suffix`, or rename it."  # there may be no suffix: copies have longer names


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("n" * 251 + ".jpg", ""), ("n" * 249 + ".jpg", "_r"), ("雨" * 83 + ".jpg", "_r")],
    ids=["name", "suffix", "rain"],
)
def test_a_name_of_255_bytes_is_planned(name: str, suffix: str, images: Path) -> None:
    assert len(plan_of(images, [name], suffix=suffix).tasks[0].output.encode()) == 255


# Copies


def test_copies_are_named_by_number_after_the_suffix(images: Path) -> None:
    plan = plan_of(images, ["b.jpg", "a/c.png"], copies=2)
    assert [(task.name, task.output, task.source, task.copy) for task in plan.tasks] == [
        ("b_1.jpg", "b_1.jpg", "b.jpg", 1),
        ("b_2.jpg", "b_2.jpg", "b.jpg", 2),
        ("a/c_1.png", "a/c_1.png", "a/c.png", 1),
        ("a/c_2.png", "a/c_2.png", "a/c.png", 2),
    ]
    assert plan.suffixes == {"b_1.jpg": "_1", "b_2.jpg": "_2", "a/c_1.png": "_1", "a/c_2.png": "_2"}
    assert {plan.source(task) for task in plan.tasks} == {images / "b.jpg", images / "a/c.png"}
    rainy = plan_of(images, ["b.jpg"], copies=2, suffix="_rain")
    assert [(task.name, task.output) for task in rainy.tasks] == [
        ("b_1.jpg", "b_rain_1.jpg"),
        ("b_2.jpg", "b_rain_2.jpg"),
    ]


def test_one_copy_is_as_without(images: Path) -> None:
    one, none = plan_of(images, NAMES[:9], copies=1), plan_of(images, NAMES[:9])
    assert (one.tasks, one.suffixes) == (none.tasks, none.suffixes)
    assert AugmentOptions(copies=1).settings() == AugmentOptions().settings()


def test_originals_that_are_kept_are_there_once(images: Path) -> None:
    plan = plan_of(images, NAMES[:20], copies=3, fraction=0.5, keep_originals=True)
    made = plan.translated()
    chosen = [name for name in NAMES[:20] if name in {task.source for task in made}]
    assert len(chosen) == 10
    assert [task.source for task in made] == [name for name in chosen for _ in range(3)]
    kept = [task for task in plan.tasks if task.action is Action.KEEP]
    assert [(task.name, task.output, task.source) for task in kept] == [
        (name, name, name) for name in NAMES[:20] if name not in chosen
    ]


def test_a_copy_may_not_make_the_name_of_another_picture(images: Path) -> None:
    names = ["b.jpg", "b_1.jpg"]
    assert len(plan_of(images, names, copies=12).tasks) == 24  # b_1_1.jpg is no copy of b.jpg
    seed = next(seed for seed in range(100) if in_order(names, seed)[0] == "b.jpg")
    told: Any = {"copies": 2, "fraction": 0.5, "seed": seed}
    with pytest.raises(CollisionError, match=r"b_1\.jpg"):
        plan_of(images, names, keep_originals=True, **told)
    # Only what is in the output counts, under the names that it has there.
    assert [task.output for task in plan_of(images, names, **told).tasks] == ["b_1.jpg", "b_2.jpg"]
    kept = plan_of(images, names, keep_originals=True, suffix="_rain", **told).tasks
    assert [task.output for task in kept] == ["b_rain_1.jpg", "b_rain_2.jpg", "b_1.jpg"]
    assert len({task.name for task in kept}) == 3
    with pytest.raises(CollisionError, match="would both become"):
        plan_of(images, ["b.jpg", "b.jpg"], copies=2)


def test_shards_of_copies_share_them_out(images: Path) -> None:
    plan = plan_of(images, NAMES[:40], copies=3)
    parts = [plan.of_shard(Shard(index=index, count=3)) for index in (1, 2, 3)]
    assert sorted(task.name for part in parts for task in part) == sorted(task.name for task in plan.tasks)
    assert all(20 < len(part) < 60 for part in parts)


def test_pairs_of_copies_have_their_names(images: Path) -> None:
    plan = plan_of(images, ["b.jpg"], copies=2, pairs=True)
    assert plan.pairs == {"b_1.jpg": "b_1.jpg", "b_2.jpg": "b_2.jpg"}
