"""What pages tell of already and the command line does not know yet; each line goes with what it waits for."""

COMMANDS: frozenset[str] = frozenset()
FLAGS: frozenset[str] = frozenset({"--copies"})
VALUES: tuple[str, ...] = ("--strength 0.6", "light..heavy", "rain=0.7", "--copies")
"""Parts of commands that fail without it."""
