"""Adapters for other libraries: a module for each, named as the library, which has to be installed to import it."""
