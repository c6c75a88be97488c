"""Which engine runs the work, and one that is not installed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.engine import choice
from pipeline.engine.choice import chosen_engine, refuse_missing_engine
from pipeline.engine.resources import EngineName, Resources
from tpsence.errors import InputError

ON_RAY = Resources(engine=EngineName.RAY)
ROOT, OUT = Path("pictures"), Path("rainy")
HERE: Any = object()
"""The engine of this machine."""
DEVICE: Any = object()


def test_by_itself_the_work_stays_on_this_machine() -> None:
    assert chosen_engine(Resources(), DEVICE, HERE, root=ROOT, out=OUT) is HERE


def test_the_engine_of_ray_is_told_where_everything_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "pipeline.engine.ray.engine", SimpleNamespace(RayEngine=told.update))
    assert chosen_engine(ON_RAY, DEVICE, HERE, root=ROOT, out=OUT, beside=[ROOT]) is not HERE
    assert told == {"resources": ON_RAY, "device": DEVICE, "root": ROOT, "out": OUT, "beside": [ROOT]}


@pytest.mark.parametrize("missing", ["ray", "pyarrow", "pandas"])
def test_a_package_that_is_missing_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None if name == missing else find_spec("json"))
    refuse_missing_engine(Resources())
    with pytest.raises(InputError) as refused:
        refuse_missing_engine(ON_RAY)
    assert refused.value.message == f"`engine` ray: the package {missing} is not installed"
    assert refused.value.hint == "pip install 'tpsence[ray]'."


def test_with_all_packages_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: find_spec("json"))
    refuse_missing_engine(ON_RAY)


def test_to_ask_for_the_packages_imports_none_of_them() -> None:
    program = (
        "import sys\n"
        "from pipeline.engine.choice import refuse_missing_engine\n"
        "from pipeline.engine.resources import Resources\n"
        "from tpsence.errors import TpsenceError\n"
        "try: refuse_missing_engine(Resources(engine='ray'))\n"
        "except TpsenceError: pass\n"
        "print([name for name in ('torch', 'ray', 'pyarrow', 'pandas') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
