"""What pages tell of already and the command line does not know yet; each line goes with what it waits for."""

COMMANDS: frozenset[str] = frozenset({"preview"})
FLAGS: frozenset[str] = frozenset(
    {
        *("--copies", "--limit", "--only-classes", "--split", "--balance", "--thorough"),
        *("--strengths", "--number", "--open"),
    }
)
VALUES: tuple[str, ...] = (
    *("tpsence preview", "--strength 0.6", "light..heavy", "rain=0.7", "--images photo.jpg"),
    *("--copies", "--limit", "--only-classes", "--split", "--balance", "--thorough"),
)
"""Parts of commands that fail without it."""
