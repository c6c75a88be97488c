"""The list of the tests that run on a Python without torch, on which ``.ci/pythons.py`` runs them, is whole."""

import os
import subprocess
import sys

from tests.conftest import ROOT

LIST = ROOT / "tests" / "without_torch.txt"
IMPORTABLE = """
import importlib, sys
for name in ("torch", "torchvision", "mmcv", "mmseg", "mmpretrain", "onnx", "onnxruntime", "ray", "pyarrow"):
    sys.modules[name] = None
sys.path += ["examples", "models"]
for file in sys.argv[1:]:
    try:
        importlib.import_module(file.removesuffix(".py").replace("/", "."))
    except ModuleNotFoundError:
        pass
    except BaseException as error:  # pytest's skip is one
        if type(error).__name__ != "Skipped":
            raise
        print(file)
    else:
        print(file)
"""


def listed() -> tuple[set[str], set[str]]:
    """The entries of the list: files, and what is not run of them."""
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    left_out = {line[1:].strip() for line in lines if line.startswith("-")}
    return {line for line in lines if not line.startswith("-")}, left_out


def test_every_test_file_that_needs_no_torch_to_be_imported_is_listed_and_no_other() -> None:
    files = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "tests").rglob("test_*.py"))
    command = [sys.executable, "-c", IMPORTABLE, *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found, entries = set(ran.stdout.split()), listed()[0]
    unlisted, others = sorted(found - entries), sorted(entries - found)
    assert found == entries, f"not listed: {unlisted}; gone, or in need of torch: {others}"


def test_what_is_left_out_is_there() -> None:
    files, left_out = listed()
    for entry in left_out:
        file, _, test = entry.partition("::")
        assert file in files
        assert not test or f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
