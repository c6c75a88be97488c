"""What is sent to the nodes by value, since tpsence may not be there: it imports nothing of it before it has looked."""


def own_packages_first() -> None:
    """Let ``pipeline`` be tpsence's in a process of the cluster, whatever is on the path there."""
    try:
        from tpsence.own_packages import own_first

        own_first("pipeline")
    except Exception:  # what looks at the node says it
        return


def faults_of_node(version: str, places: bytes | None, *, tries_to_write: bool = True) -> tuple[str, str] | None:
    """Return what is wrong with the node that this runs on, and what to do about it, or None.

    Args:
        version: Of tpsence in the main process.
        places: What it has to see: a ``messages.Places``, pickled, as its class may not be there; None for nothing.
        tries_to_write: As for ``unseen``.
    """
    import pickle

    install = f"Install tpsence {version} with the extra ray on every node, as on this machine."
    try:
        from tpsence import __version__

        if __version__ != version:
            return f"has tpsence {__version__}, and this machine {version}", install
        from pipeline.engine.ray.sight import unseen

        told = None if places is None else pickle.loads(places)  # noqa: S301 (the main process's own)
    except Exception as error:  # also where it has other code under the same version
        return f"tpsence cannot be used there ({type(error).__name__}: {error})", install
    return None if told is None else unseen(told, tries_to_write=tries_to_write)


def has_bf16() -> bool:
    """Tell whether the GPU that is here computes in bfloat16."""
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(False)
