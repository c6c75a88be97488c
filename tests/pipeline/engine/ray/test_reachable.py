"""Whether anyone listens at an address, found out before Ray is asked."""

import socket

import pytest

from pipeline.engine.ray.reachable import refuse_deaf, unreachable
from tpsence.errors import InputError


@pytest.mark.parametrize("kind", ["{}", "ray://{}"])
def test_an_address_at_which_no_one_listens_is_refused(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = kind.format(f"127.0.0.1:{server.getsockname()[1]}")
        refuse_deaf(address)
    with pytest.raises(InputError, match=rf"^`address` {address}: no connection .*\(Connection refused\)"):
        refuse_deaf(address)


@pytest.mark.parametrize("address", [f"{'a' * 70}.example:6379", "127.0.0.1:0"])
def test_what_is_no_place_is_refused_alike(address: str) -> None:
    with pytest.raises(InputError, match="no connection to a Ray cluster"):
        refuse_deaf(address)


def test_auto_is_left_to_ray() -> None:
    refuse_deaf("auto")


def test_other_versions_are_named_in_one_line() -> None:
    said = "Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
    error = unreachable("10.0.0.1:6379", said)
    assert error.message == (
        "`address` 10.0.0.1:6379: Version mismatch: The cluster was started with: Ray: 2.60.0 Python: 3.11.7"
    )
    assert error.hint == "Run the command with the versions of Ray and Python that the cluster has."
