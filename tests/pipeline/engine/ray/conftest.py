"""A cluster of three nodes for the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.pipeline.engine.ray.local_cluster import LocalCluster, local_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A Ray cluster of three nodes, each of one core, all on this machine; what is started here finds this tree."""
    with pytest.MonkeyPatch.context() as patch, local_cluster(3) as there:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield there
