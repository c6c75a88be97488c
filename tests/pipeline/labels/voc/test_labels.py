"""Pascal VOC: annotations go out byte for byte; pictures are found by stem, then by ``filename``."""

import os
from pathlib import Path

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.errors import CollisionError, LabelError, ProofError, UnsafeNameError
from pipeline.images.size import Size
from pipeline.images.skips import Reason
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from tests.conftest import WriteOtherwise
from tests.pipeline.labels.label_sets import names, put, tree
from tpsence.errors import InputError

BOX = b"<object><name>car</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>"


def xml(filename: str = "a.jpg", more: bytes = b"") -> bytes:
    return b"<annotation>\n\t<filename>%b</filename>%b%b\n</annotation>" % (filename.encode(), BOX, more)


def opened(tmp_path: Path, annotations: dict[str, bytes], pictures: list[str]) -> LabelSet:
    put(tmp_path / "voc" / "Annotations", annotations)
    put(tmp_path / "voc" / "JPEGImages", dict.fromkeys(pictures, b"picture"))
    (tmp_path / "voc" / "JPEGImages").mkdir(exist_ok=True)
    return open_labels(tmp_path / "voc" / "Annotations", tmp_path / "voc" / "JPEGImages", None)


def copied(labels: LabelSet, tmp_path: Path, suffix: str = "") -> dict[str, bytes]:
    labels.write(tmp_path / "out", dict.fromkeys(names(labels), suffix))
    return tree(tmp_path / "out")


def test_a_picture_belongs_to_the_annotation_of_its_stem(tmp_path: Path) -> None:
    labels = opened(tmp_path, {"a.xml": xml("other.jpg"), "b.xml": xml("a.jpg")}, ["a.png", "b.jpg", "other.jpg"])
    assert labels.format == "voc"
    assert names(labels) == ["a.png", "b.jpg", "other.jpg"]
    assert list(labels.skips) == []


@pytest.mark.parametrize(
    ("annotation", "filename", "pictures", "expected"),
    [
        ("1.xml", "a.jpg", ["a.jpg"], "a.jpg"),
        ("1.xml", " a.jpg\n", ["a.jpg"], "a.jpg"),
        ("1.xml", "sub/a.jpg", ["sub/a.jpg"], "sub/a.jpg"),
        ("1.xml", "sub\\a.jpg", ["sub/a.jpg"], "sub/a.jpg"),
        ("sub/1.xml", "a.jpg", ["sub/a.jpg", "a.jpg"], "sub/a.jpg"),
        ("sub/1.xml", "a.jpg", ["a.jpg"], "a.jpg"),
        ("sub/1.xml", "a.jpg", [], "sub/a.jpg"),
        ("1.xml", "missing.jpg", [], "missing.jpg"),
        ("1.xml", "", [], "1"),
        ("1.xml", "1", ["1.jpg"], "1.jpg"),
        ("1.XML", "x.jpg", ["1.JPG"], "1.JPG"),
        ("sub/a.xml", "a.jpg", ["a.jpg", "sub/a.jpg"], "sub/a.jpg"),
        ("a.xml", "a.jpg", ["a.jpg", "sub/a.jpg"], "a.jpg"),
        ("é日.xml", "", ["é日.jpg"], "é日.jpg"),
        ("a.b.xml", "", ["a.b.jpg"], "a.b.jpg"),
    ],
)
def test_the_picture_of_an_annotation(
    tmp_path: Path, annotation: str, filename: str, pictures: list[str], expected: str
) -> None:
    labelled, *backgrounds = names(opened(tmp_path, {annotation: xml(filename)}, pictures))
    assert labelled == expected
    assert set(backgrounds) <= set(pictures) - {expected}


def test_pictures_without_annotation_are_backgrounds_and_stay(tmp_path: Path) -> None:
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg", "free.jpg", "sub/free.png"])
    assert names(labels) == ["a.jpg", "free.jpg", "sub/free.png"]
    proof = labels.write(tmp_path / "out", dict.fromkeys(names(labels), ""))
    assert (proof.files, proof.pictures) == (1, 3)


def test_an_annotation_without_filename_needs_a_picture_of_its_stem(tmp_path: Path) -> None:
    assert names(opened(tmp_path, {"a.xml": b"<annotation/>"}, ["a.jpg"])) == ["a.jpg"]


def test_two_pictures_with_the_stem_are_told_apart_by_filename(tmp_path: Path) -> None:
    pictures = ["a.jpg", "a.png", "sub/b.jpg", "sub/b.png"]
    labels = opened(tmp_path, {"a.xml": xml("a.png"), "sub/b.xml": xml("b.jpg")}, pictures)
    assert names(labels) == ["a.png", "sub/b.jpg"]


@pytest.mark.parametrize("filename", ["", "a", "a.bmp", "c.jpg"])
def test_two_pictures_with_the_stem_are_refused_when_filename_does_not_help(tmp_path: Path, filename: str) -> None:
    with pytest.raises(CollisionError, match=r"two pictures have its stem, a\.jpg and a\.png"):
        opened(tmp_path, {"a.xml": xml(filename)}, ["a.jpg", "a.png"])


def test_two_annotations_of_one_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CollisionError, match=r"both of the picture a\.jpg"):
        opened(tmp_path, {"a.xml": xml(), "b.xml": xml("a.jpg")}, ["a.jpg"])


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (b"<size><width>24</width><height>16</height><depth>3</depth></size>", (24, 16)),
        (b"<size><width> 24.0 </width><height>16</height></size>", (24, 16)),
        (b"", None),
        (b"<size/>", None),
        (b"<size><width>24</width></size>", None),
        (b"<size><width/><height>16</height></size>", None),
        (b"<size><width>0</width><height>0</height></size>", None),
        (b"<size><width>24</width><height>-16</height></size>", None),
        (b"<size><width>wide</width><height>16</height></size>", None),
        (b"<size><width>nan</width><height>16</height></size>", None),
        (b"<size><width>inf</width><height>16</height></size>", None),
        (b"<size><width>1e999</width><height>16</height></size>", None),
        (b"<width>24</width><height>16</height>", None),
    ],
)
def test_the_stated_size(tmp_path: Path, size: bytes, expected: Size | None) -> None:
    assert opened(tmp_path, {"a.xml": xml(more=size)}, ["a.jpg"]).pictures[0].size == expected


@pytest.mark.parametrize("with_picture", [True, False])
@pytest.mark.parametrize(
    "filename",
    [
        "../a.jpg",
        "a/../../b.jpg",
        "/etc/passwd",
        "C:\\a.jpg",
        "C:a.jpg",
        "\\\\server\\share\\a.jpg",
        "..",
        "..\\a",
        "a/",
    ],
)
def test_a_filename_that_leaves_the_folder_is_never_followed(tmp_path: Path, filename: str, with_picture: bool) -> None:
    labels = opened(tmp_path, {"a.xml": xml(filename)}, ["a.jpg"] if with_picture else [])
    assert names(labels) == ["a.jpg" if with_picture else "a"]
    assert copied(labels, tmp_path) == {"Annotations/a.xml": xml(filename)}


def test_a_filename_longer_than_the_system_takes_is_no_crash(tmp_path: Path) -> None:
    try:
        labels = opened(tmp_path, {"a.xml": xml("x" * 300 + ".jpg"), "b.xml": xml("b.jpg")}, ["b.jpg"])
    except InputError:
        return
    assert "b.jpg" in names(labels)


LAUGHS = b'<!DOCTYPE a [<!ENTITY l0 "ha">%b]><annotation><filename>&l9;</filename></annotation>' % b"".join(
    b'<!ENTITY l%d "%b">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
)
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        EXTERNAL,
        b"",
        b"\0",
        b"<annotation>",
        b"<annotation><filename>a.jpg</annotation>",
        b"<annotation/><annotation/>",
        b"not XML at all",
        b"<annotation>&nbsp;</annotation>",
        b"<annotation><filename>\xe9.jpg</filename></annotation>",
        b'<?xml version="1.0" encoding="martian"?><annotation/>',
        b'<?xml version="1.0" encoding="shift_jis"?><annotation/>',
        b"\x1f\x8b\x08\x00",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_an_annotation_that_cannot_be_read_is_a_skip(tmp_path: Path, content: bytes) -> None:
    labels = opened(tmp_path, {"a.xml": content, "b.xml": xml("b.jpg")}, ["a.jpg", "b.jpg"])
    assert names(labels) == ["b.jpg"]
    assert [(skip.file, skip.reason) for skip in labels.skips] == [("a.xml", Reason.BAD_LABEL)]
    assert "\n" not in labels.skips[0].detail
    assert set(copied(labels, tmp_path)) == {"Annotations/b.xml"}


def test_a_document_type_without_entities_is_read(tmp_path: Path) -> None:
    content = b'<!DOCTYPE annotation SYSTEM "voc.dtd">' + xml()
    assert names(opened(tmp_path, {"a.xml": content}, ["a.jpg"])) == ["a.jpg"]


def test_very_deep_xml_is_no_crash(tmp_path: Path) -> None:
    deep = b"<annotation>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</annotation>"
    labels = opened(tmp_path, {"a.xml": deep, "b.xml": xml("b.jpg")}, ["a.jpg", "b.jpg"])
    assert sorted(names(labels) + [skip.file.replace("xml", "jpg") for skip in labels.skips]) == ["a.jpg", "b.jpg"]


ODD = {
    "crlf": b"<annotation>\r\n<filename>a.jpg</filename>\r\n</annotation>\r\n",
    "no final newline": b"<annotation><filename>a.jpg</filename></annotation>",
    "byte order mark": b"\xef\xbb\xbf<annotation><filename>a.jpg</filename></annotation>\n\n\n",
    "latin-1": b'<?xml version="1.0" encoding="latin-1"?><a><filename>a.jpg</filename><n>\xe9</n></a>',
    "comments": b"<!-- 1 --><a><!-- 2 --><filename>a.jpg</filename ><x  a='1'\tb=\"2\"/></a><!-- 3 -->",
    "cdata": b"<annotation><filename>a.jpg</filename><n><![CDATA[<&>]]></n><n>&lt;&#233;</n></annotation>",
    "instruction": b"<?pi x?><annotation><filename>a.jpg</filename></annotation>",
    "white space": b"<annotation><filename \n>\n  a.jpg\t\n</filename\n></annotation>",
    "entities": b"<annotation><filename>a &amp; b.jpg</filename></annotation>",
    "no extension": b"<annotation><filename>a</filename></annotation>",
    "namespace": b'<annotation xmlns:x="urn:x"><x:filename>q.jpg</x:filename><filename>a.jpg</filename></annotation>',
    "accents": "<annotation><filename>é日.jpg</filename></annotation>".encode(),
    "utf-16": '<?xml version="1.0" encoding="utf-16"?><annotation><filename>a.jpg</filename></annotation>'.encode(
        "utf-16"
    ),
    "no filename": b"<annotation><size/></annotation>",
    "empty filename": b"<annotation><filename/><path>a.jpg</path></annotation>",
    "blank filename": b"<annotation><filename>  </filename></annotation>",
}


@pytest.mark.parametrize("case", ODD)
def test_annotations_are_copied_byte_for_byte(tmp_path: Path, case: str) -> None:
    labels = opened(tmp_path, {"sub/a.xml": ODD[case]}, ["sub/a.jpg"])
    assert copied(labels, tmp_path) == {"Annotations/sub/a.xml": ODD[case]}


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("crlf", b"a.jpg", b"a_rain.jpg"),
        ("no final newline", b"a.jpg", b"a_rain.jpg"),
        ("byte order mark", b"a.jpg", b"a_rain.jpg"),
        ("latin-1", b"a.jpg", b"a_rain.jpg"),
        ("comments", b"a.jpg", b"a_rain.jpg"),
        ("cdata", b"a.jpg", b"a_rain.jpg"),
        ("instruction", b"a.jpg", b"a_rain.jpg"),
        ("white space", b"a.jpg", b"a_rain.jpg"),
        ("entities", b"b.jpg", b"b_rain.jpg"),
        ("no extension", b">a<", b">a_rain<"),
        ("namespace", b"a.jpg", b"a_rain.jpg"),
        ("accents", b".jpg", b"_rain.jpg"),
        ("no filename", b"", b""),
        ("empty filename", b"", b""),
        ("blank filename", b"", b""),
    ],
)
def test_a_suffix_changes_the_filename_and_no_other_byte(tmp_path: Path, case: str, old: bytes, new: bytes) -> None:
    labels = opened(tmp_path, {"sub/a.xml": ODD[case]}, ["sub/a.jpg"])
    assert copied(labels, tmp_path, "_rain") == {"Annotations/sub/a_rain.xml": ODD[case].replace(old, new)}


@pytest.mark.parametrize(
    "content",
    [
        ODD["utf-16"],
        b"<annotation><!-- <filename>a.jpg</filename> --><filename>a.jpg</filename></annotation>",
        b"<annotation><source><filename>a.jpg</filename></source><filename>a.jpg</filename></annotation>",
        b"<annotation><filename><![CDATA[a.jpg]]></filename></annotation>",
    ],
)
def test_a_filename_that_cannot_be_changed_alone_is_refused_by_the_proof(tmp_path: Path, content: bytes) -> None:
    labels = opened(tmp_path, {"a.xml": content}, ["a.jpg"])
    with pytest.raises(ProofError, match="more than <filename>") as caught:
        copied(labels, tmp_path, "_rain")
    assert caught.value.hint == "Run without `suffix`."


def test_split_lists_go_along_without_the_pictures_left_out(tmp_path: Path) -> None:
    annotations = {f"{stem}.xml": xml(f"{stem}.jpg") for stem in ("a", "b", "c")} | {"bad.xml": b"<"}
    main = b"a  1\r\nb -1\r\n\r\nbad 1\n  c\t0\nunknown 1\nab 1"
    put(tmp_path / "voc" / "ImageSets", {"Main/car_train.txt": main, "Layout/x.txt": b"b\na\n", "Main/note.md": b"a"})
    labels = opened(tmp_path, annotations, ["a.jpg", "b.jpg", "c.jpg"])
    proof = labels.write(tmp_path / "out", {"a.jpg": "", "c.jpg": "_rain"})
    assert tree(tmp_path / "out") == {
        "Annotations/a.xml": annotations["a.xml"],
        "Annotations/c_rain.xml": xml("c_rain.jpg"),
        "ImageSets/Main/car_train.txt": b"a  1\r\n\r\n  c_rain\t0\nunknown 1\nab 1",
        "ImageSets/Layout/x.txt": b"a\n",
    }
    assert (proof.files, proof.pictures) == (4, 2)


def test_the_files_announced_are_the_files_written(tmp_path: Path) -> None:
    put(tmp_path / "voc" / "ImageSets", {"Main/train.txt": b"a\nb\n"})
    labels = opened(tmp_path, {"a.xml": xml(), "sub/b.xml": xml("b.jpg")}, ["a.jpg", "sub/b.jpg"])
    kept = {"a.jpg": "", "sub/b.jpg": "_rain"}
    labels.write(tmp_path / "out", kept)
    assert sorted(target for target, _ in labels.output_files(kept)) == sorted(tree(tmp_path / "out"))


def test_file_names_that_are_no_text_are_copied(tmp_path: Path) -> None:
    stem = os.fsdecode(b"\xff\xe9")
    put(tmp_path / "voc" / "ImageSets", {"Main/train.txt": b"\xff\xe9 1\nb\n"})
    labels = opened(tmp_path, {f"{stem}.xml": b"<annotation/>", "b.xml": xml("b.jpg")}, [f"{stem}.jpg", "b.jpg"])
    labels.write(tmp_path / "out", {f"{stem}.jpg": "_rain"})
    assert tree(tmp_path / "out") == {
        f"Annotations/{stem}_rain.xml": b"<annotation/>",
        "ImageSets/Main/train.txt": b"\xff\xe9_rain 1\n",
    }


@pytest.mark.parametrize("link", ["Annotations/b.xml", "Annotations/sub", "ImageSets/Main/x.txt", "ImageSets/sub"])
def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path, link: str) -> None:
    put(tmp_path / "elsewhere", {"file": xml("b.jpg")})
    put(tmp_path / "voc" / "ImageSets", {"Main/train.txt": b"a\n"})
    put(tmp_path / "voc" / "Annotations", {"a.xml": xml()})
    target = tmp_path / "elsewhere" / ("" if link.endswith("sub") else "file")
    (tmp_path / "voc" / link).symlink_to(target)
    with pytest.raises(UnsafeNameError, match="symbolic link"):
        copied(opened(tmp_path, {}, ["a.jpg", "b.jpg"]), tmp_path)


def test_a_picture_that_a_link_leads_outside_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", {"a.jpg": b"secret"})
    (tmp_path / "voc" / "JPEGImages").mkdir(parents=True)
    (tmp_path / "voc" / "JPEGImages" / "a.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    labels = opened(tmp_path, {"a.xml": xml()}, [])
    with pytest.raises(UnsafeNameError, match="symbolic link"):
        make_plan(labels, AugmentOptions(), tmp_path / "out")


@pytest.mark.parametrize("suffix", ["", "_rain"])
@pytest.mark.parametrize(("old", "new"), [(b"<xmin>1<", b"<xmin>2<"), (b"car", b"Car"), (b"a", b""), (b"</name>", b"")])
def test_the_proof_fails_when_something_else_was_written(
    tmp_path: Path, write_otherwise: WriteOtherwise, suffix: str, old: bytes, new: bytes
) -> None:
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg"])
    write_otherwise(lambda _, data: data.replace(old, new))
    with pytest.raises(ProofError, match=r"a.*\.xml"):
        copied(labels, tmp_path, suffix)


@pytest.mark.parametrize(("old", "new"), [(b"<xmin>1<", b"<xmin>2<"), (b"a_rain.jpg", b"b_rain.jpg"), (b"car", b"van")])
def test_the_proof_fails_when_the_suffix_changed_more_than_the_filename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes
) -> None:
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg"])

    def careless(content: bytes, suffix: str) -> bytes:
        return content.replace(b"a.jpg", b"a" + suffix.encode() + b".jpg").replace(old, new)

    monkeypatch.setattr("pipeline.labels.voc.edits.with_filename_suffix", careless)
    with pytest.raises(ProofError, match="more than <filename>"):
        copied(labels, tmp_path, "_rain")


def test_the_proof_fails_when_a_split_list_was_written_otherwise(
    tmp_path: Path, write_otherwise: WriteOtherwise
) -> None:
    put(tmp_path / "voc" / "ImageSets", {"Main/train.txt": b"a\nb\n"})
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg"])
    write_otherwise(lambda path, data: data if path.suffix == ".xml" else data.upper())
    with pytest.raises(ProofError, match=r"train\.txt"):
        copied(labels, tmp_path)


@pytest.mark.parametrize("folder", ["JPEGImages", "images", "Images", "img"])
def test_the_pictures_are_found_beside_the_annotations(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "voc", {"Annotations/a.xml": xml(), f"{folder}/a.jpg": b"x"})
    labels = open_labels(tmp_path / "voc" / "Annotations", None, None)
    assert labels.image_root == tmp_path / "voc" / folder
    assert labels.image_prefix == folder
    assert labels.output_files({"a.jpg": ""})[0][0] == "Annotations/a.xml"


def test_the_pictures_are_found_among_the_annotations(tmp_path: Path) -> None:
    put(tmp_path / "set", {"a.xml": xml(), "a.jpg": b"x"})
    labels = open_labels(tmp_path / "set", None, None)
    plan = make_plan(labels, AugmentOptions(suffix="_rain"), tmp_path / "out")
    outputs = {plan.tasks[0].output, labels.output_files(plan.suffixes)[0][0]}
    assert outputs == {"set/a_rain.jpg", "set/a_rain.xml"}


def test_pictures_that_are_nowhere_and_folders_without_xml_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "voc", {"Annotations/a.xml": xml(), "images/b.jpg": b"x"})
    with pytest.raises(LabelError, match="pictures were not found"):
        open_labels(tmp_path / "voc" / "Annotations", None, None)
    with pytest.raises(LabelError, match="no XML files"):
        open_labels(tmp_path / "voc" / "images", None, "voc")


def test_a_picture_that_is_missing_is_still_planned(tmp_path: Path) -> None:
    labels = opened(tmp_path, {"a.xml": xml(), "b.xml": xml("b.jpg")}, ["b.jpg"])
    plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    assert [task.output for task in plan.tasks] == ["JPEGImages/a.jpg", "JPEGImages/b.jpg"]


def test_real_annotations_are_copied_byte_for_byte(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "dawn_fog_voc" / "Annotations"
    labels = open_labels(source, None, None)
    assert (labels.format, len(labels.pictures), list(labels.skips)) == ("voc", 50, [])
    assert all((labels.image_root / picture.name).is_file() for picture in labels.pictures)
    assert copied(labels, tmp_path) == {f"Annotations/{name}": content for name, content in tree(source).items()}


def test_real_annotations_with_a_suffix_differ_in_filename_alone(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "dawn_fog_voc" / "Annotations"
    expected = {}
    for name, content in tree(source).items():
        before, tag, after = content.partition(b"<filename>")
        filename, end, rest = after.partition(b"</filename>")
        stem, dot, extension = filename.rpartition(b".")
        new = b"".join([before, tag, stem, b"_rain", dot, extension, end, rest])
        expected[f"Annotations/{name.removesuffix('.xml')}_rain.xml"] = new
    assert copied(open_labels(source, None, None), tmp_path, "_rain") == expected


@pytest.mark.parametrize(
    "content",
    [
        "<annotation><filename>a.jpg</filename></annotation>".encode("utf-16"),
        b"<annotation><filename><![CDATA[a.jpg]]></filename></annotation>",
        b"<annotation><!-- <filename>x</filename> --><filename>a.jpg</filename></annotation>",
    ],
)
def test_a_filename_that_cannot_be_replaced_is_refused_before_the_run(tmp_path: Path, content: bytes) -> None:
    labels = opened(tmp_path, {"a.xml": content}, ["a.jpg"])
    with pytest.raises(LabelError, match="cannot be replaced") as caught:
        labels.check_suffix("_rain")
    assert caught.value.hint
    assert caught.value.hint.startswith("Run without `suffix` and `copies`")


MASKS = {
    "SegmentationClass/a.png": b"class",
    "SegmentationObject/a.png": b"object",
    "SegmentationClass/b.png": b"of a picture without annotation",
    "SegmentationClass/gone.png": b"of no picture",
    "SegmentationClass/a.txt": b"no mask",
}


def test_masks_go_along_with_their_pictures(tmp_path: Path) -> None:
    put(tmp_path / "voc", MASKS)
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg", "b.jpg"])
    assert labels.inventory.class_lists == tuple(sorted(list(MASKS)[:3]))
    assert labels.inventory.left_behind == ("../SegmentationClass/a.txt", "../SegmentationClass/gone.png")
    assert tmp_path / "voc" / "SegmentationClass" in labels.inputs()
    assert copied(labels, tmp_path) == {"Annotations/a.xml": xml(), **dict(list(MASKS.items())[:3])}


def test_masks_have_the_suffix_of_their_pictures_and_stay_with_those_that_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "voc", MASKS)
    labels = opened(tmp_path, {"a.xml": xml()}, ["a.jpg", "b.jpg"])
    proof = labels.write(tmp_path / "out", {"a.jpg": "_wet"})
    assert sorted(tree(tmp_path / "out")) == [
        *("Annotations/a_wet.xml", "SegmentationClass/a_wet.png", "SegmentationObject/a_wet.png")
    ]
    assert proof.files == 3
    stated = {name for name, _ in labels.output_files({"a.jpg": "_wet"})}
    assert stated == tree(tmp_path / "out").keys()


def test_a_mask_that_leads_out_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"else.png": b"x", "voc/SegmentationClass/b.png": b"x"})
    (tmp_path / "voc" / "SegmentationClass" / "a.png").symlink_to(tmp_path / "else.png")
    with pytest.raises(UnsafeNameError, match=r"SegmentationClass/a\.png"):
        opened(tmp_path, {"a.xml": xml()}, ["a.jpg"])


def test_folders_of_masks_beside_another_folder_of_labels_are_not_looked_at(tmp_path: Path) -> None:
    put(tmp_path, {"SegmentationClass/a.png": b"x", "xml/a.xml": xml(), "xml/a.jpg": b"x"})
    labels = open_labels(tmp_path / "xml", tmp_path / "xml", None)
    assert labels.inventory.class_lists == ()
    assert labels.inventory.left_behind == ()
