"""The recipes for clusters: Ray's own checks of them, and what they run, with stand-ins for the commands of others."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.options import flags
from tests.conftest import ROOT

RECIPES = ROOT / "examples" / "ray"
STAND_INS = {
    "srun": '#!/bin/sh\nwhile case $1 in --*) true ;; *) false ;; esac; do shift; done\nexec "$@"\n',
    "ray": '#!/bin/sh\necho "$*" >>"$STAND_IN/asked"\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n',
    "tpsence": '#!/bin/sh\nprintf "%s\\n" "$@" >"$STAND_IN/words"\nexit "$STAND_IN_CODE"\n',
    "hostname": "#!/bin/sh\necho first\n",
}
"""``srun`` and ``ray`` drop their own options and run what follows; ``tpsence`` notes its words and ends as told."""
ENDS = [(0, 0), (3, 0), (1, 1)]
"""Exit codes of ``tpsence``, and what is to become of them."""


@pytest.fixture
def job() -> Any:  # noqa: ANN401 (YAML)
    """The recipe for KubeRay."""
    return yaml.safe_load((RECIPES / "rayjob.yaml").read_text())["spec"]


def environment(tools: Path, code: int) -> dict[str, str]:
    """Return an environment with the stand-ins, whose ``tpsence`` ends with a code."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    for name, text in STAND_INS.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "STAND_IN": str(tools), "STAND_IN_CODE": str(code)}


def pods(job: Any) -> list[Any]:  # noqa: ANN401 (YAML)
    cluster = job["rayClusterSpec"]
    return [group["template"]["spec"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def test_ray_up_takes_the_cluster() -> None:
    check = pytest.importorskip("ray.autoscaler._private.util")
    config = yaml.safe_load((RECIPES / "cluster.yaml").read_text())
    prepared = check.prepare_config(config)
    check.validate_config(prepared)
    assert prepared["max_workers"] == len(config["provider"]["worker_ips"])


def test_the_job_runs_a_command_that_there_is(job: Any) -> None:  # noqa: ANN401 (YAML)
    shell, option, script = shlex.split(job["entrypoint"])
    words = shlex.split(script)
    assert (shell, option, words[:2]) == ("bash", "-c", ["tpsence", "augment"])
    assert {word for word in words if word.startswith("--")} <= set(flags("augment"))


@pytest.mark.parametrize(("code", "wanted"), ENDS)
def test_skips_are_no_failure_of_the_job(job: Any, tmp_path: Path, code: int, wanted: int) -> None:  # noqa: ANN401
    ran = subprocess.run(["sh", "-c", job["entrypoint"]], env=environment(tmp_path, code), check=False)
    assert ran.returncode == wanted


def test_all_pods_have_the_image_and_see_the_data(job: Any) -> None:  # noqa: ANN401 (YAML)
    head, *workers = pods(job)
    (container,) = head["containers"]
    for pod in workers:
        assert (pod["volumes"], pod["securityContext"]) == (head["volumes"], head["securityContext"])
        (other,) = pod["containers"]
        assert (other["image"], other["volumeMounts"]) == (container["image"], container["volumeMounts"])


def test_ray_has_one_version_everywhere(job: Any) -> None:  # noqa: ANN401 (YAML)
    (image,) = re.findall(r"'ray\[client,data,default\]==([\d.]+)'", (RECIPES / "Dockerfile").read_text())
    tested = re.findall(r"^ray==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert {job["rayClusterSpec"]["rayVersion"], *tested} == {image}


def submit(folder: Path, code: int, *words: str) -> "subprocess.CompletedProcess[str]":
    slurm = {"SLURM_CPUS_ON_NODE": "8", "SLURM_JOB_NUM_NODES": "4"}
    command = ["bash", str(RECIPES / "symmetric.sbatch"), *words]
    return subprocess.run(
        command, env={**environment(folder, code), **slurm}, capture_output=True, text=True, check=False
    )


def test_a_node_of_slurm_is_asked_to_be_one_of_the_cluster(tmp_path: Path) -> None:
    ran = submit(tmp_path, 0, "--labels", "my data.json", "--out", "rainy")
    assert (ran.returncode, ran.stderr) == (0, "")
    words = (tmp_path / "words").read_text().splitlines()
    assert words == [
        *("augment", "--engine", "ray", "--address", "auto", "--quiet"),
        *("--labels", "my data.json", "--out", "rainy"),
    ]
    assert {word for word in words if word.startswith("--")} <= set(flags("augment"))
    own = (tmp_path / "asked").read_text().partition(" -- ")[0].split()
    assert own == ["symmetric-run", "--address", "first:6379", "--min-nodes", "4", "--num-cpus", "8"]


def test_ray_takes_the_options_that_slurm_gives_it(tmp_path: Path) -> None:
    run = pytest.importorskip("ray.scripts.symmetric_run")
    submit(tmp_path, 0)
    own = (tmp_path / "asked").read_text().partition(" -- ")[0].split()[1:]
    assert run.curate_and_validate_ray_start_args(own) == ["--num-cpus", "8"]


@pytest.mark.parametrize(("code", "wanted"), ENDS)
def test_skips_are_no_failure_of_the_job_of_slurm(tmp_path: Path, code: int, wanted: int) -> None:
    assert submit(tmp_path, code).returncode == wanted
