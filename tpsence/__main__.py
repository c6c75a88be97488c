"""``python -m tpsence`` is the command ``tpsence``."""

import sys

from tpsence.errors import InputError
from tpsence.own_packages import own_first


def main() -> None:
    """Run the command line, whatever the user's folders are called, and leave with its exit code."""
    try:
        own_first("pipeline", "cli")
    except InputError as error:
        sys.exit(f"error: {error.message}\nhint: {error.hint}")
    from cli.main import main as run

    run()


if __name__ == "__main__":
    main()
