"""What is packed: the wheel's packages, the source archive, the image, and how the project is cited."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

import tpsence
from tests.conftest import ROOT

tomllib = pytest.importorskip("tomllib", reason="Python 3.11 and later")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HATCH = PROJECT["tool"]["hatch"]["build"]["targets"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXTRAS = PROJECT["project"]["optional-dependencies"]


def tracked() -> set[str]:
    """The top of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs the repository")
    return {line.partition("/")[0] for line in listed.stdout.splitlines()}


def test_every_package_of_the_wheel_says_that_it_is_typed() -> None:
    packages = HATCH["wheel"]["packages"]
    assert [name for name in packages if not (ROOT / name / "py.typed").is_file()] == []
    assert sorted(packages) == PROJECT["tool"]["check-wheel-contents"]["toplevel"]


def test_the_source_archive_has_all_that_is_tracked() -> None:
    by_itself = {"README.md", "LICENSE", "pyproject.toml", ".gitignore"}  # hatchling takes these
    assert tracked() - by_itself == {path.removeprefix("/") for path in HATCH["sdist"]["include"]}


def test_addresses_are_seen_to_be_placeholders() -> None:
    assert all(address.startswith("https://placeholder.invalid/") for address in PROJECT["project"]["urls"].values())


def test_everything_that_is_installed_for_work_is_pinned() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    wanted = [one for group in EXTRAS.values() for one in group] + PROJECT["project"]["dependencies"]
    plain = {re.split(r"[<>=!\[]", one)[0] for one in wanted} - {"tpsence", "fiftyone"}  # that one goes without
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in pinned}
    assert sorted(name for name in plain if re.sub(r"[-_.]+", "-", name).lower() not in normal) == []


def test_extras_that_pages_name_exist() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), ROOT / "Dockerfile"]
    for page in pages:
        named = re.findall(r"(?:tpsence|'\.)\[([a-z,]+)\]", page.read_text(encoding="utf-8"))
        assert {one for group in named for one in group.split(",")} <= set(EXTRAS), page.name


def test_the_image_is_built_of_what_it_is_given() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert let_in == {*HATCH["wheel"]["packages"], "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in let_in)


def test_the_image_runs_the_command_as_a_user_without_rights_on_any_base() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert 'ENTRYPOINT ["tpsence"]' in last
    assert int(re.findall(r"^USER (\d+)$", last, re.MULTILINE)[-1]) > 0
    assert DOCKERFILE.split("\nFROM ")[0].splitlines()[-1] == "ARG BASE=python:3.11-slim"
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "python", "python"]


def test_the_citation_is_of_this_version_and_names_the_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (tpsence.__version__, PROJECT["project"]["license"])
    (paper,) = citation["references"]
    assert paper["title"].startswith("TPSeNCE")
    assert [author["family-names"] for author in paper["authors"]] == ["Zheng", "Lu", "Narasimhan"]


SCRIPTS = [*(ROOT / "examples" / "slurm").iterdir(), *(ROOT / "examples").glob("ray/*.sbatch")]


@pytest.mark.parametrize("script", sorted(SCRIPTS), ids=lambda one: one.name)
def test_scripts_are_bash_that_stops_at_a_mistake(script: Path) -> None:
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
