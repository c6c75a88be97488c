"""Adapters for other libraries: a module for each, named as the library, which has to be installed to import it."""

from tpsence.own_packages import own_first

own_first("pipeline", warn=True)  # which adapters import, whatever the user's folders are called
