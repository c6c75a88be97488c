"""The method: TPSeNCE networks and weights.

Importing this package is quick; the modules that need torch are imported on their own, for example
``from tpsence.weights import load_generator``.
"""

__version__ = "0.1.0"
