"""A network on its device: built in this process, or where the work arrives that it is sent with."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar


class DeviceNetwork(Protocol):
    """A network on its device."""

    def most_pixels(self) -> int | None:
        """Return how many pixels the device can hold at once, or None where that is not known."""
        ...


Network = TypeVar("Network", bound=DeviceNetwork)


class OnDevice(Generic[Network]):
    """A network that is built once for all threads of a process.

    Pickled, it is the way to build it; that is done when it is first asked for.

    Args:
        build: Builds it. It can be pickled, if this is to be.
        built: The network, where it works in this process. None says that it works where this is sent to, on a device
            that this machine may lack.
    """

    def __init__(self, build: Callable[[], Network], built: Network | None) -> None:
        self.is_sent = built is None
        """Whether it works where this is sent to."""
        self._build = build
        self._most_pixels = None if built is None else built.most_pixels()
        self._has_arrived = False
        self._built = built
        self._building = Lock()

    def __call__(self) -> Network:
        """Return the network; the first call builds it.

        Raises:
            Exception: It cannot be built; the next call tries again.
        """
        with self._building:
            if self._built is None:
                self._built = self._build()
            return self._built

    def most_pixels(self) -> int | None:
        """Return how many pixels its device can hold at once, or None where that is not known, as before it arrives."""
        # Of one that works in the process that has sent this, that process knows: here there may be no such device.
        return self().most_pixels() if self.is_sent and self._has_arrived else self._most_pixels

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network out."""
        return {**self.__dict__, "_built": None, "_building": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive unbuilt."""
        self.__dict__.update(state)
        self._building = Lock()
        self._has_arrived = True
