"""``python -m tpsence`` is the command ``tpsence``."""

from tpsence.own_packages import own_first


def main() -> None:
    """Run the command line, whatever the user's folders are called, and leave with its exit code."""
    own_first("pipeline", "cli")
    from cli.main import main as run

    run()


if __name__ == "__main__":
    main()
