"""``python -m cli`` is ``python -m tpsence``, which no folder ``cli`` of a user's can be taken for."""

from tpsence.__main__ import main

if __name__ == "__main__":
    main()
