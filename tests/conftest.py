"""What all tests share: tiny weights, small pictures, and the real data where it is at hand."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.files import whole

# The order of sums depends on the number of threads, and threads are slow on tensors so small: all tests, and the
# processes that they start, compute on one.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # else it asks the network for its newest version when it is imported
if find_spec("torch"):  # The tests in without_torch.txt run where it is not installed.
    import torch

    torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LONGEST = (
    *("tests/test_benchmarks.py", "tests/cli/test_run.py", "tests/cli/test_memory.py", "tests/cli/test_real_data.py"),
    *("tests/pipeline/engine/ray/test_commands.py", "tests/pipeline/engine/ray/test_cluster.py"),
    *("tests/cli/test_interrupted.py", "tests/test_models_gpu.py", "tests/pipeline/weights/test_packaged.py"),
    *("tests/cli/test_copies.py", "tests/docs/test_commands.py", "tests/test_fuzz.py"),
)
"""Files that take a quarter of a minute and more, the longest first."""


def pytest_configure() -> None:
    """Hear SIGHUP, also where ``nohup`` has begun the tests: the commands that they start would not hear it either."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files: where files run side by side, none of them is left to run alone at the end."""
    rank = {str(ROOT / name): place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(str(item.path), len(rank)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets; skips where it is absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data, real images and labels that are not in the repository")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of numbers to reproduce; skips where it is absent."""
    folder = SHARED / "golden"
    if not folder.is_dir():
        pytest.skip("needs ../shared/golden, reference numbers that are not in the repository")
    return folder


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in the published format: 4 blocks, ngf 4, random, with a visible effect."""
    torch = pytest.importorskip("torch")
    from tpsence.networks.generator import Generator, init_xavier

    network = Generator(ngf=4, blocks=4)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(0))
    path = tmp_path_factory.mktemp("weights") / "latest_net_G.pth"
    torch.save(network.state_dict(), path)
    return path


Painter = Callable[..., Path]


@pytest.fixture(scope="session")
def paint() -> Painter:
    """Return a function that writes a small random picture: ``paint(path, size=(W, H), seed=0, **save_options)``."""

    def write(path: Path, size: tuple[int, int] = (24, 16), seed: int = 0, **options: object) -> Path:
        width, height = size
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
        return path

    return write


@pytest.fixture
def users_folder(tmp_path: Path) -> Path:
    """A folder of a user's with packages called as tpsence's are; to import one of them is an error."""
    folder = tmp_path / "users"
    for name in ("pipeline", "cli", "configs"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"raise RuntimeError('the {name} of the user')\n")
    return folder


FullDisk = Callable[..., AbstractContextManager[None]]
"""Takes a pattern of names, all if there is none; no file with such a name gets onto the disk while it is entered."""


@pytest.fixture
def full_disk() -> FullDisk:
    """Fake a full disk where the system is called: at the flush of a file, or when one of some names gets its name."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextmanager
    def full(pattern: str | None = None) -> Iterator[None]:
        give_name = whole._give_name

        def give_name_unless_full(folder: int, temporary: str, path: Path) -> None:
            if pattern is None or fnmatch(path.name, pattern):
                refuse()
            give_name(folder, temporary, path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(whole, "_give_name", give_name_unless_full)
            if pattern is None:
                patch.setattr(os, "fsync", refuse)
            yield

    return full


WriteOtherwise = Callable[[Callable[[Path, bytes], bytes]], None]
"""Sets what files become from here on, given their place and what was written there."""


@pytest.fixture
def write_otherwise(monkeypatch: pytest.MonkeyPatch) -> WriteOtherwise:
    """Let files be other than what was written, to see that it is noticed: each is edited when it gets its name."""
    give_name = whole._give_name

    def otherwise(edit: Callable[[Path, bytes], bytes]) -> None:
        def give_name_and_edit(folder: int, temporary: str, path: Path) -> None:
            give_name(folder, temporary, path)
            path.write_bytes(edit(path, path.read_bytes()))

        monkeypatch.setattr(whole, "_give_name", give_name_and_edit)

    return otherwise
