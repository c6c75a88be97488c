"""The exit codes."""

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_SKIPS = 3
"""Done, but some pictures were left out."""
EXIT_FLAGGED = 4
"""Done, but more is flagged than ``--max-flagged`` takes."""
