"""The house: what stands where, and that the tests stand where their modules do."""

from pathlib import Path

from tests.conftest import ROOT

COMMANDS = ("augment", "evaluate", "export", "preview", "report", "run", "segment", "train")
APART = {
    "conftest.py",
    "tiny_runs.py",
    "moved_clock.py",
    "tiny_model.py",
    "label_sets.py",
    "toy_format.py",
    "contents.py",
    "tiny_detectors.py",
    "drawn_streets.py",
    "sunny_street.py",
    "wet_set.py",
    "second_weights.py",
    "fiftyone_stand_in.py",
    "html_tree.py",
    "hostile.py",
    "own_process.py",
    "local_cluster.py",
    "works.py",
    "elsewhere.py",
    "stand_in.py",
}
"""What tests share, beside them."""


def folders(root: Path) -> set[str]:
    """Names of the folders with modules in them."""
    return {file.parent.name for file in root.glob("*/__init__.py")}


def test_nothing_lies_loose_in_the_pipeline_but_its_errors() -> None:
    assert {file.name for file in (ROOT / "pipeline").glob("*.py")} == {"__init__.py", "errors.py"}


def test_every_command_has_a_job_and_what_it_can_be_told() -> None:
    for command in COMMANDS:
        folder = ROOT / "pipeline" / command
        assert (folder / "job.py").is_file()
        assert (folder / ("config.py" if command == "run" else "options.py")).is_file()
        assert (ROOT / "cli" / f"{command}.py").is_file()


def test_the_tests_of_the_pipeline_mirror_it() -> None:
    assert folders(ROOT / "tests" / "pipeline") == folders(ROOT / "pipeline")


def test_every_file_beside_the_tests_is_a_test_or_known() -> None:
    beside = {file.name for file in (ROOT / "tests" / "pipeline").rglob("*.py")} - {"__init__.py"}
    assert {name for name in beside if not name.startswith("test_")} <= APART
