"""What a user can get wrong: exit code 2, one line that names it, one hint, no traceback, nothing written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CocoSet, Run


def broken_weights(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--labels", "{tmp}/none.json", "--out", "{out}"], "none.json: no such file"),
        (["--labels", "{labels}", "--weights", "rainn", "--out", "{out}"], "rainn: no such file"),
        (["--weights", "{weights}", "--out", "{out}"], "neither labels nor pictures"),
        (["--labels", "{tmp}/none.json", "--weights", "{weights}", "--out", "{out}"], "none.json: no such file"),
        (["--images", "{tmp}/none", "--weights", "{weights}", "--out", "{out}"], "none: no such folder"),
        (["--labels", "{labels}", "--weights", "{tmp}/none.pth", "--out", "{out}"], "none.pth: no such file"),
        (["--labels", "{labels}", "--weights", "{labels}", "--out", "{out}"], "coco.json"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{data}/images/rain"], "is inside the input"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{data}"], "contains the input"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{weights}"], "is a file"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--shard", "3/2"], "--shard 3/2"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--shard", "x"], "--shard 'x'"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--strength", "2"], "--strength"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--fraction", "0"], "--fraction"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--quality", "0"], "--quality"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--suffix", "../x"], "--suffix"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--format", "kitti"], "--format 'kitti'"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--device", "tpu"], "--device tpu"),
        (
            ["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--device", "cuda:99"],
            "--device cuda:99",
        ),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--workers", "many"], "--workers 'many'"),
        (["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--batch-size", "0"], "--batch-size"),
        (["--labels", "{labels}", "--out", "{out}", "--collect"], "--collect goes with --out alone"),
        (["--strict", "--out", "{out}", "--collect"], "--collect goes with --out alone"),
        (
            ["--images", "{data}/images", "--format", "coco", "--weights", "{weights}", "--out", "{out}"],
            "--format goes",
        ),
        (
            ["--labels", "{labels}", "--weights", "{weights}", "--out", "{out}", "--overwrite", "--shard", "1/2"],
            "--overwrite with --shard",
        ),
    ],
)
def test_refused_with_one_line(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, arguments: list[str], named: str
) -> None:
    places = {
        "labels": coco.labels,
        "data": coco.folder,
        "weights": tiny_weights,
        "out": tmp_path / "out",
        "tmp": tmp_path,
    }
    ran = tpsence("augment", *(argument.format(**places) for argument in arguments))
    assert ran.code == 2, ran.err
    lines = ran.err.strip().splitlines()
    assert len(lines) == 2, ran.err
    assert lines[0].startswith("error: ")
    assert named in lines[0]
    assert lines[1].startswith("hint: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file_name", "named"),
    [
        ("../evil.jpg", "leaves its folder"),
        ("/etc/passwd", "absolute"),
        ("C:\\evil.jpg", "absolute"),
        ("\\\\server\\share\\x.jpg", "absolute"),
        ("a\0.jpg", "NUL"),
        ("deep/../../x.jpg", "leaves its folder"),
        ("a.jpg/b.jpg", "would both become"),
    ],
)
def test_hostile_and_colliding_names_are_refused_before_the_first_write(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, file_name: str, named: str
) -> None:
    content = json.loads(coco.labels.read_text())
    content["images"].append({"id": 1000, "file_name": file_name})
    coco.labels.write_text(json.dumps(content))
    ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 2
    assert named in ran.err
    assert not (tmp_path / "out").exists()


def test_link_that_leaves_the_folder_is_refused(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path
) -> None:
    picture = coco.folder / "images/a.jpg"
    picture.rename(tmp_path / "outside.jpg")
    picture.symlink_to(tmp_path / "outside.jpg")
    ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "symbolic link leads out" in ran.err


def test_duplicate_ids_are_refused(tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path) -> None:
    content = json.loads(coco.labels.read_text())
    content["images"][1]["id"] = content["images"][0]["id"]
    coco.labels.write_text(json.dumps(content))
    ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "two images have the id 0" in ran.err


def test_hostile_names_reach_the_terminal_as_escapes(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path
) -> None:
    content = json.loads(coco.labels.read_text())
    content["images"][0]["file_name"] = "../\x1b[31mred\x07[bold]"
    coco.labels.write_text(json.dumps(content))
    ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err
    assert "[bold]" in ran.err


def test_unforeseen_error_is_one_line(
    tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("pipeline.augment.job.make_plan", fail)
    ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 1
    assert "unexpected ZeroDivisionError: by zero" in ran.err
    assert "Traceback" not in ran.err


def test_traceback_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPSENCE_TRACEBACK", "1")
    words = ["augment", "--labels", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["tpsence", *words])
    from cli.main import main
    from tpsence.errors import InputError

    with pytest.raises(InputError):
        main()


@pytest.mark.parametrize("arguments", [["--help"], ["augment", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['tpsence', *sys.argv[1:]]\n"
        "from cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'torchvision', 'cv2', 'numpy', 'PIL', 'mmengine', 'mmseg', 'yaml'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "augment" in ran.stdout or "tpsence" in ran.stdout


def test_rank_of_a_scheduler_silences_nobody_but_training(
    tpsence: Run, coco: CocoSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    ran = tpsence("augment", "--labels", coco.labels, "--out", tmp_path / "out", "--weights", tmp_path / "none")
    assert ran.code == 2
    assert ran.err.startswith(f"error: {tmp_path / 'none'}: no such file\nhint: ")
