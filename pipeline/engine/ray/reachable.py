"""Whether anyone listens where a cluster is said to be. Ray itself tries for minutes without a word."""

import socket

from tpsence.errors import InputError, first_line

CLIENT = "ray://"
"""What the address of a cluster begins with that is reached from outside."""
_SECONDS = 5.0
_LONGEST = 300


def refuse_deaf(address: str) -> None:
    """Refuse an address at which no one listens.

    Args:
        address: ``auto``, of which Ray knows where it leads, ``host:port`` or ``ray://host:port``.

    Raises:
        InputError: No one does.
    """
    if address == "auto":
        return
    host, _, port = address.removeprefix(CLIENT).rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:  # not there; no port; no name of a machine
        raise unreachable(address, first_line(error)) from error


def unreachable(address: str, why: str) -> InputError:
    """Return the error that says that there is no connection.

    Args:
        address: Of the cluster.
        why: What Ray says, in any number of lines.
    """
    why = " ".join(why.split())[:_LONGEST]
    if "version" in why.lower():
        hint = "Run the command with the versions of Ray and Python that the cluster has."
        return InputError(f"`address` {address}: {why}", hint)
    if address == "auto":
        return InputError(
            f"`address` auto: this machine belongs to no Ray cluster ({why})",
            "Start one with ray start, or leave `address` out: the command starts its own.",
        )
    hint = (
        "Give host:port of the head (ray start prints it there), or ray://host:10001 from outside the cluster. "
        "Set RAY_AUTH_MODE=token where it wants tokens."
    )
    return InputError(f"`address` {address}: no connection to a Ray cluster ({why})", hint)
